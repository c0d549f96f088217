/** A file, link or submodule of a revision, as far as it is known. */
export interface Entry {
  /** As in Git, `100644`; undefined where only a comparison told of it. */
  readonly mode: string | undefined;
  readonly blob: string;
  /** Undefined where only a comparison told of it. */
  readonly bytes: number | undefined;
}

/** What is known of the files of a revision. */
export interface Snapshot {
  /** By path; folders are none. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Everything at or below these paths is in `entries`; `['']` is the whole tree. */
  readonly covers: readonly string[];
}

/** A change of one file; undefined where it is gone. */
export type Change = readonly [path: string, entry: Entry | undefined];

export const NOTHING_KNOWN: Snapshot = { entries: new Map(), covers: [] };

/** `./k8s/`, `/k8s` and `k8s` are the same folder; `.` is the root, `''`. */
export function normalise(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** Is this path the other one, or below it? Everything is below `''`. */
export function isAtOrBelow(path: string, above: string): boolean {
  return above === '' || path === above || path.startsWith(`${above}/`);
}

/** Does the snapshot know everything at and below this path? */
export function isCovered({ covers }: Snapshot, path: string): boolean {
  return covers.some((above) => isAtOrBelow(path, above));
}

/** The snapshot of the next revision, by what changed. */
export function advanced({ entries, covers }: Snapshot, changes: readonly Change[]): Snapshot {
  const next = new Map(entries);
  for (const [path, entry] of changes) {
    if (entry === undefined) {
      next.delete(path);
    } else {
      next.set(path, entry);
    }
  }
  const isWhole = covers.includes('');
  return { entries: next, covers: isWhole ? covers : [...new Set([...covers, ...changes.map(([path]) => path)])] };
}

/** Both together; of what both know, the second is the newer look. */
export function joined(first: Snapshot, second: Snapshot): Snapshot {
  const covers = [...first.covers, ...second.covers];
  return { entries: new Map([...first.entries, ...second.entries]), covers: covers.includes('') ? [''] : covers };
}

export function isRegular(mode: string): boolean {
  return mode.startsWith('100');
}
