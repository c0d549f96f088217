import { namesPosition } from '../order/sync-position.ts';
import { isLfsPointer, LFS_REASON } from './lfs.ts';
import type { ManifestText, ReadManifests, ReadOptions } from './manifests.ts';
import type { ReadText } from './render-cache.ts';
import type { RenderedObject, RenderFailure, Unplaced } from './rendered-object.ts';

/** Reads the texts of a source, and gathers what they hold. */
export class TextReader {
  readonly objects: RenderedObject[] = [];
  readonly passedOver: RenderFailure[] = [];
  readonly secrets: (readonly string[])[] = [];
  readonly failures: RenderFailure[] = [];
  readonly unplaced: Unplaced[] = [];
  readonly #read: ReadText;
  readonly #how: ReadOptions;

  constructor(read: ReadText, how: ReadOptions) {
    this.#read = read;
    this.#how = how;
  }

  /** Undefined where it is no text at all, but stands for one that is elsewhere. */
  async read(text: ManifestText): Promise<ReadManifests | undefined> {
    return isLfsPointer(text.text) ? undefined : this.#read(text, this.#how);
  }

  add({ subject, text }: ManifestText, found: ReadManifests): void {
    if (found.isPassedOver === true) {
      this.passedOver.push({ subject, reason: 'it holds no Kubernetes object' });
    }
    this.objects.push(...found.objects);
    this.failures.push(...found.failures);
    this.secrets.push(found.secrets);
    if (found.failures.length > 0 && namesPosition(text)) {
      this.unplaced.push(...found.failures.map((one) => ({ subject: one.subject, namesPlace: true })));
    }
  }
}

/** Of a text that is in another place. */
export function noText({ subject }: ManifestText): RenderFailure {
  return { subject, reason: LFS_REASON };
}
