import {
  FILE_HISTORY_PAGE,
  FILE_HISTORY_PAGES,
  HISTORY_DEPTH,
  type PastCommit,
} from '../../../shared/git-host/port.ts';
import type { LastSet } from '../../../shared/history/place.ts';

/**
 * Updates that wait are decided on heads of the last minutes, hardly more than these. What they stand on has to be in the
 * history that a host tells of, with as much again below it.
 */
const KEPT_HEADS = (FILE_HISTORY_PAGE * FILE_HISTORY_PAGES) / 2;
/** One for each push branch, as a rule. */
const KEPT_HISTORIES = 50;
/** Places that were looked back at; several for each head, as a rule. */
const KEPT_PLACES = 1000;

/** Commits of this process on top of one another, and what they stand on. */
export interface OwnCommits {
  /** The newest first. */
  readonly messages: readonly string[];
  /** The first commit below that this process did not make. */
  readonly base: string;
}

/** Where branches are likely to be, and what led there, from what this process has seen and committed itself. */
export class HeadCache {
  readonly #children = new Map<string, string>();
  readonly #parents = new Map<string, { readonly parent: string; readonly message: string }>();
  readonly #histories = new Map<string, readonly PastCommit[]>();
  readonly #past = new Map<string, LastSet | undefined>();

  /** Follows our own commits upwards from the revision that an update was decided at. A guess: the push finds out. */
  from(revision: string): string {
    let head = revision;
    for (let next = this.#children.get(head); next !== undefined; next = this.#children.get(head)) {
      head = next;
    }
    return head;
  }

  /** Our own commits from a head downwards. */
  below(head: string): OwnCommits {
    const messages: string[] = [];
    let base = head;
    for (let own = this.#parents.get(base); own !== undefined; own = this.#parents.get(base)) {
      messages.push(own.message);
      base = own.parent;
    }
    return { messages, base };
  }

  /** Remembers a commit of ours. */
  committed(parent: string, commit: PastCommit): void {
    const { revision, message } = commit;
    this.#children.set(parent, revision);
    dropOldest(this.#children, KEPT_HEADS);
    this.#parents.set(revision, { parent, message });
    dropOldest(this.#parents, KEPT_HEADS);
    const before = this.#histories.get(parent);
    if (before !== undefined) {
      this.#histories.delete(parent);
      this.#keepHistory([commit, ...before].slice(0, HISTORY_DEPTH));
    }
  }

  /** The history of a head as it is known, or of a branch as it is told now. */
  async history(head: string, ask: () => Promise<readonly PastCommit[]>): Promise<readonly PastCommit[]> {
    const known = this.#histories.get(head);
    if (known !== undefined) {
      return known;
    }
    const told = await ask();
    this.#keepHistory(told);
    return told;
  }

  /** What was found out of a place at a revision, or is found out now: neither changes. */
  async past(place: string, find: () => Promise<LastSet | undefined>): Promise<LastSet | undefined> {
    const past = this.#past.has(place) ? this.#past.get(place) : await find();
    this.#past.set(place, past);
    dropOldest(this.#past, KEPT_PLACES);
    return past;
  }

  #keepHistory(history: readonly PastCommit[]): void {
    const [head] = history;
    if (head !== undefined) {
      this.#histories.set(head.revision, history);
      dropOldest(this.#histories, KEPT_HISTORIES);
    }
  }
}

function dropOldest(map: Map<string, unknown>, kept: number): void {
  const [oldest] = map.keys();
  if (map.size > kept && oldest !== undefined) {
    map.delete(oldest);
  }
}
