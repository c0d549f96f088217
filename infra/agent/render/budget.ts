import { SluiceError } from '../../../shared/errors.ts';
import type { YamlLimits } from '../../../shared/yaml/limits.ts';
import type { ManifestText, ReadManifests } from './manifests.ts';
import type { ReadText } from './render-cache.ts';
import type { RenderedObject } from './rendered-object.ts';

/** What all that a source renders may come to. */
export interface RenderLimits {
  /** Characters of its files and of what renderers write. */
  readonly maxSize: number;
  readonly maxObjects: number;
  /** Keys, values and items. */
  readonly maxKeys: number;
  /** Lists and maps within one another. */
  readonly maxDepth: number;
  /** Characters of what is secret, which is looked for in all that is told: each value costs time and memory there. */
  readonly maxSecrets: number;
}

/** The flag that each is set by. */
const FLAGS: Readonly<Record<keyof RenderLimits, string>> = {
  maxSize: '--render-max-size',
  maxObjects: '--render-max-objects',
  maxKeys: '--render-max-keys',
  maxDepth: '--render-max-depth',
  maxSecrets: '--render-max-secrets',
};

/** An API server takes no larger request (3 MiB), and etcd half of it. */
const MAX_OBJECT_CHARACTERS = 3 * 1024 * 1024;

/** A secret value counts as so many characters at least, however short: it has as many forms to be looked for. */
const LEAST_OF_SECRET = 400;

/** What adds up from text to text. */
type Sum = 'maxSize' | 'maxObjects' | 'maxKeys' | 'maxSecrets';

/** Counts what the texts of one rendering come to. */
export class RenderBudget {
  readonly #limits: RenderLimits;
  readonly #spent: Record<Sum, number> = { maxSize: 0, maxObjects: 0, maxKeys: 0, maxSecrets: 0 };

  constructor(limits: RenderLimits) {
    this.#limits = limits;
  }

  /** What one text may hold. */
  get yaml(): YamlLimits {
    const { maxSize, maxObjects, maxKeys, maxDepth } = this.#limits;
    return {
      maxLength: maxSize,
      maxDocuments: maxObjects,
      maxNodes: maxKeys,
      maxDepth,
      advice: {
        maxLength: adviceOn('maxSize'),
        maxDocuments: adviceOn('maxObjects'),
        maxNodes: adviceOn('maxKeys'),
        maxDepth: adviceOn('maxDepth'),
      },
    };
  }

  /** Reads as another does, as long as there is anything left. @throws SluiceError `render-failed` */
  reader(read: ReadText): ReadText {
    return async (text, options) => {
      this.#spend('maxSize', text.text.length, text.subject, 'characters of manifests');
      return this.#measure(text, await read(text, { ...options, limits: this.yaml }));
    };
  }

  /** Counts all values that are secret. @throws SluiceError `render-failed` where they are too many or too long */
  takeSecrets(secrets: readonly string[]): void {
    const characters = secrets.reduce((sum, { length }) => sum + Math.max(length, LEAST_OF_SECRET), 0);
    this.#spend('maxSecrets', characters, 'rendering', `secret characters, ${LEAST_OF_SECRET} and more a value,`);
  }

  #measure({ subject }: ManifestText, { objects, failures, ...rest }: ReadManifests): ReadManifests {
    this.#spend('maxObjects', objects.length, subject, 'objects');
    const fitting: RenderedObject[] = [];
    const tooLarge: RenderedObject[] = [];
    let size = 0;
    for (const object of objects) {
      const { characters, keys } = measure(object.manifest);
      this.#spend('maxKeys', keys, subject, 'keys and values');
      (characters > MAX_OBJECT_CHARACTERS ? tooLarge : fitting).push(object);
      size += characters;
    }
    const reason = `expected at most ${MAX_OBJECT_CHARACTERS} characters in an object, found more: no API server takes it`;
    return {
      ...rest,
      size,
      objects: fitting,
      failures: [...failures, ...tooLarge.map(({ place }) => ({ subject: place, reason }))],
    };
  }

  #spend(limit: Sum, amount: number, subject: string, what: string): void {
    this.#spent[limit] += amount;
    const most = this.#limits[limit];
    if (this.#spent[limit] > most) {
      throw new SluiceError({
        code: 'render-failed',
        subject,
        expected: `at most ${most} ${what} in the paths of a source`,
        found: 'more',
        next: `${adviceOn(limit)}.`,
      });
    }
  }
}

/** What a person can do who meets a limit, without a full stop. */
export function adviceOn(limit: keyof RenderLimits): string {
  return `Split the source, or raise ${FLAGS[limit]}`;
}

/** How large a value is when it is written, about; what is shared counts wherever it stands. */
export function measure(root: unknown): { readonly characters: number; readonly keys: number } {
  const waiting: unknown[] = [root];
  let characters = 0;
  let keys = 0;
  while (waiting.length > 0 && characters <= MAX_OBJECT_CHARACTERS) {
    const value = waiting.pop();
    keys += 1;
    if (typeof value === 'string') {
      characters += value.length;
    } else if (Array.isArray(value)) {
      for (const item of value) {
        waiting.push(item);
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const key of Object.keys(value)) {
        characters += key.length;
        waiting.push((value as Readonly<Record<string, unknown>>)[key]);
      }
    }
  }
  return { characters: characters + keys, keys };
}
