/** Where a branch is likely to be, from what this process has committed itself. A guess: the push finds out. */
export interface KnownHeads {
  /** Follows our own commits upwards from the revision that an update was decided at. */
  from(revision: string): string;
  /** Remembers a commit of ours. */
  committed(parent: string, commit: string): void;
}

/** Updates that wait are decided on heads of the last minutes, hardly more than these. */
const KEPT = 1000;

export function knownHeads(): KnownHeads {
  const children = new Map<string, string>();
  return {
    from(revision) {
      let head = revision;
      for (let next = children.get(head); next !== undefined; next = children.get(head)) {
        head = next;
      }
      return head;
    },
    committed(parent, commit) {
      children.set(parent, commit);
      const [oldest] = children.keys();
      if (children.size > KEPT && oldest !== undefined) {
        children.delete(oldest);
      }
    },
  };
}
