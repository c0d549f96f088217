import { HISTORY_DEPTH, type PastCommit } from '../../shared/git-host/port.ts';

/** Where branches are likely to be, and what led there, from what this process has seen and committed itself. */
export interface KnownHeads {
  /** Follows our own commits upwards from the revision that an update was decided at. A guess: the push finds out. */
  from(revision: string): string;
  /** The history of a head, where it is known. */
  history(head: string): readonly PastCommit[] | undefined;
  /** Remembers what the host told of a head. */
  told(history: readonly PastCommit[]): void;
  /** Remembers a commit of ours. */
  committed(parent: string, commit: PastCommit): void;
}

/** Updates that wait are decided on heads of the last minutes, hardly more than these. */
const KEPT_HEADS = 1000;
/** One for each branch, as a rule. */
const KEPT_HISTORIES = 50;

export function knownHeads(): KnownHeads {
  const children = new Map<string, string>();
  const histories = new Map<string, readonly PastCommit[]>();
  const keep = (history: readonly PastCommit[]) => {
    const [head] = history;
    if (head !== undefined) {
      histories.set(head.revision, history);
      dropOldest(histories, KEPT_HISTORIES);
    }
  };
  return {
    from(revision) {
      let head = revision;
      for (let next = children.get(head); next !== undefined; next = children.get(head)) {
        head = next;
      }
      return head;
    },
    history: (head) => histories.get(head),
    told: keep,
    committed(parent, commit) {
      children.set(parent, commit.revision);
      dropOldest(children, KEPT_HEADS);
      const before = histories.get(parent);
      if (before !== undefined) {
        histories.delete(parent);
        keep([commit, ...before].slice(0, HISTORY_DEPTH));
      }
    },
  };
}

function dropOldest(map: Map<string, unknown>, kept: number): void {
  const [oldest] = map.keys();
  if (map.size > kept && oldest !== undefined) {
    map.delete(oldest);
  }
}
