import { didYouMean } from '../../near-miss.ts';
import type { Declaration, Facts } from './declaration.ts';
import type { ObjectName } from './flux-v2-facts.ts';

/** An object with what it declares. */
export interface Declared<F> extends Omit<Declaration, 'facts'> {
  readonly facts: F;
}

/** Near misses are looked for among so many names, and for so many. */
const MAX_NAMES = 1000;
const MAX_HINTS = 50;
/** As many objects of one name are told apart by where they stand. */
const MAX_NAMESAKES = 200;

/** The objects of one kind in a repository, by their names. */
export class DeclaredObjects<F extends Facts & ObjectName> {
  readonly #kind: string;
  readonly #byName: ReadonlyMap<string, readonly Declared<F>[]>;
  readonly #hints = new Map<string, string>();

  constructor(kind: string, declarations: readonly Declaration[], isOfKind: (facts: Facts) => facts is F) {
    const all = declarations.flatMap(({ facts, ...one }) => (isOfKind(facts) ? [{ ...one, facts }] : []));
    this.#kind = kind;
    this.#byName = Map.groupBy(all, ({ facts }) => facts.name);
  }

  /** All of them. */
  get all(): readonly Declared<F>[] {
    return [...this.#byName.values()].flat();
  }

  /**
   * The object of a name. One without a namespace may be given any by a kustomization. Where files of several clusters
   * have the same one, the nearest in the tree of folders counts.
   *
   * @param file that names it
   * @returns words for what is named, where there is none, or several that differ
   */
  find({ namespace, name }: ObjectName, file: string): Declared<F> | { readonly fault: string } {
    const found = (this.#byName.get(name) ?? []).filter(
      ({ facts }) => facts.namespace === namespace || facts.namespace === undefined || namespace === undefined,
    );
    const exact = found.filter(({ facts }) => facts.namespace === namespace);
    const all = exact.length === 0 ? found : exact;
    if (all.length > MAX_NAMESAKES) {
      return { fault: `${this.#kind} ${print({ namespace, name })}, which more than ${MAX_NAMESAKES} files declare` };
    }
    const near = Math.max(...all.map((one) => sharedFolders(one.file, file)));
    const [first, ...others] = all.filter((one) => sharedFolders(one.file, file) === near);
    const subject = `${this.#kind} ${print({ namespace, name })}`;
    if (first === undefined) {
      return { fault: `${subject}, which no file that is read declares${this.#hint({ namespace, name })}` };
    }
    const other = others.find((one) => JSON.stringify(one.facts) !== JSON.stringify(first.facts));
    return other === undefined
      ? first
      : { fault: `${subject}, which ${first.file} and ${other.file} declare differently` };
  }

  #hint(wanted: ObjectName): string {
    const key = print(wanted);
    const known = this.#hints.get(key) ?? (this.#hints.size < MAX_HINTS ? this.#findHint(wanted) : '');
    this.#hints.set(key, known);
    return known;
  }

  #findHint(wanted: ObjectName): string {
    const [elsewhere] = this.#byName.get(wanted.name) ?? [];
    const names = [...this.#byName.values()]
      .slice(0, MAX_NAMES)
      .flatMap(([first]) => (first ? [print(first.facts)] : []));
    return elsewhere === undefined ? didYouMean(print(wanted), names) : `; did you mean ${print(elsewhere.facts)}?`;
  }
}

/** `flux-system/app` */
function print({ namespace, name }: ObjectName): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** How many folders from the root on two paths have in common. */
function sharedFolders(one: string, other: string): number {
  const [a, b] = [one.split('/').slice(0, -1), other.split('/').slice(0, -1)];
  const differing = a.findIndex((folder, index) => folder !== b[index]);
  return differing < 0 ? a.length : differing;
}
