import type { RolledBackVersion } from '../../../shared/block-list/entry.ts';
import { SluiceError } from '../../../shared/errors.ts';
import type { PastCommit } from '../../../shared/git-host/port.ts';
import type { ProposedVersion } from '../../../shared/history/place.ts';
import { readRollbackTrailers, readSiteTrailers, siteKey } from '../../../shared/history/trailers.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import type { BranchWriter } from './branch-writer.ts';
import { carriedNotes } from './carried-notes.ts';
import { carriedUpdates } from './carried-updates.ts';
import type { CommitOptions, CommitPosition, CommitResult } from './commit-result.ts';
import { changesOf, type UpdateResult } from './update-result.ts';

/** A push branch as it stands, and its base. */
interface BranchState {
  readonly name: string;
  readonly head: string;
  /** The head first. */
  readonly history: readonly PastCommit[];
  /** The head of the watched branch. */
  readonly base: string;
  /** What Sluice set on it, by the key of its place. */
  readonly proposed: ReadonlyMap<string, readonly ProposedVersion[]>;
}

const BASE_TRAILER = 'Sluice-Base: ';

/** What a push branch has, and keeps on another base. */
interface Kept extends Pick<CommitOptions, 'proposed' | 'carriedNotes'> {
  /** Updates that wait on it. */
  readonly carried: readonly ImageUpdate[];
}

/** A branch beside the watched one, on which updates wait for somebody to merge them. */
export class PushBranch {
  readonly #name: string;
  readonly #writer: BranchWriter;

  constructor(name: string, writer: BranchWriter) {
    this.#name = name;
    this.#writer = writer;
  }

  /**
   * Puts updates on the push branch as one commit. It begins at the watched branch; one that is behind it gets all that
   * is new there, and keeps the updates that wait on it for somebody to merge them. What people committed to it is not
   * given up: then the updates are decided at the base and go on top, and those that cannot fail by name.
   */
  async commitUpdates(updates: readonly ImageUpdate[]): Promise<CommitResult> {
    return this.#writer.retry(async () => this.#commitOnce(updates));
  }

  async #commitOnce(updates: readonly ImageUpdate[]): Promise<CommitResult> {
    const [name, writer] = [this.#name, this.#writer];
    const watched = writer.config.branch;
    const base = await writer.host.head(watched);
    const head = await writer.headIfAny(name);
    if (head === undefined) {
      return this.#commitOnBase(updates, { carried: [] }, { branch: name, head: base, isNew: true });
    }
    const history = await writer.history(name, head);
    const branch = { name, head, history, base, proposed: proposedIn(history) };
    const { proposed } = branch;
    if (history.some(({ revision }) => revision === base)) {
      return writer.commitAt(updates, { branch: name, head }, { proposed });
    }
    const sinceBase = await this.#commitsSinceBase(branch);
    const notes = await carriedNotes(sinceBase, branch, writer);
    if (!sinceBase.every((commit) => isOurs(commit) || isMergeOf(watched, commit))) {
      return this.#commitBesideOthers(updates, branch, notes);
    }
    const carried = await carriedUpdates(sinceBase, branch, writer);
    const kept = { carried, carriedNotes: notes, proposed };
    return this.#commitOnBase(updates, kept, { branch: name, head: base, overtakes: head });
  }

  /** A commit with the tree of the base, and updates. */
  async #commitOnBase(
    updates: readonly ImageUpdate[],
    { carried, ...kept }: Kept,
    position: CommitPosition,
  ): Promise<CommitResult> {
    const isClaim = (update: ImageUpdate) => carried.includes(update);
    const trailers = `${BASE_TRAILER}${position.head}\n`;
    const result = await this.#writer.commitAt([...carried, ...updates], position, { ...kept, isClaim, trailers });
    return { ...result, results: result.results.filter(({ update }) => !isClaim(update)) };
  }

  /** The commits of the push branch since it was put on a base, as far as that can be told; the newest first. */
  async #commitsSinceBase({ history }: BranchState): Promise<readonly PastCommit[]> {
    const { config, host } = this.#writer;
    const built = history.findIndex((commit) => isOurs(commit) && commit.message.includes(`\n${BASE_TRAILER}`));
    const since = built < 0 ? history : history.slice(0, built + 1);
    if (since.every(isOurs)) {
      return since;
    }
    const inBase = new Set((await host.history(config.branch)).map(({ revision }) => revision));
    return since.filter(({ revision }) => !inBase.has(revision));
  }

  /** On top of what people did, what the base says of versions. */
  async #commitBesideOthers(
    updates: readonly ImageUpdate[],
    branch: BranchState,
    carried: readonly RolledBackVersion[],
  ): Promise<CommitResult> {
    const writer = this.#writer;
    const { name, head, base, proposed } = branch;
    const fault = behind(branch, writer);
    writer.log.warn('push branch is behind', { branch: name, head, base, error: fault });
    const decided = await writer.decide(updates, base, writer.config.branch, { proposed, carriedNotes: carried });
    const wanted = changesOf(decided.results).map(({ update }) => update);
    const { edits, results } = await writer.apply(wanted, head);
    const onTop = new Map(results.map((one) => [one.update, one]));
    const told = decided.results.map((one): UpdateResult => {
      const there = onTop.get(one.update) ?? one;
      const isMissing = there.action === 'drop' && there.isMissing === true && one.action === 'change';
      return isMissing ? { update: one.update, action: 'fail', error: fault } : there;
    });
    const { notes } = decided;
    const position = { branch: name, head };
    if (edits.length === 0) {
      return { head, commit: undefined, results: told, notes, notesAt: position };
    }
    const commit = await writer.commit(position, edits, writer.messageOf(results));
    return { head, commit, results: told, notes, notesAt: { ...position, head: commit } };
  }
}

function proposedIn(history: readonly PastCommit[]): BranchState['proposed'] {
  const versions = history.flatMap(({ message, committedAt: proposedAt }) =>
    readSiteTrailers(message).map(({ tag, digest, ...site }) => ({ key: siteKey(site), tag, digest, proposedAt })),
  );
  return Map.groupBy(versions, ({ key }) => key);
}

/** By its words; somebody who writes them, and may push, only gives up his own commit. A revert has none of them. */
function isOurs({ message }: PastCommit): boolean {
  return readSiteTrailers(message).length > 0 || readRollbackTrailers(message).length > 0;
}

/** Did a person catch up with the base? @see https://git-scm.com/docs/git-fmt-merge-msg */
function isMergeOf(base: string, { message }: PastCommit): boolean {
  return [`Merge branch '${base}'`, `Merge remote-tracking branch 'origin/${base}'`].some((words) =>
    message.startsWith(words),
  );
}

function behind({ name, base }: BranchState, { config }: Pick<BranchWriter, 'config'>): SluiceError {
  return new SluiceError({
    code: 'git-refused',
    subject: `repository ${config.url} branch ${name}`,
    expected: `a push branch that has the head of ${config.branch} (${base.slice(0, 12)}), or commits of Sluice alone`,
    found: "one that is behind and has other people's commits, which are not given up",
    next: `Merge ${config.branch} into ${name}, or delete ${name}: it is made anew.`,
  });
}
