import type { RolledBackVersion } from '../../../shared/block-list/entry.ts';
import type { WatchedRepository } from '../../../shared/decision/repository.ts';
import { SluiceError } from '../../../shared/errors.ts';
import type { PastCommit } from '../../../shared/git-host/port.ts';
import type { ProposedVersion } from '../../../shared/history/place.ts';
import { readRollbackTrailers, readSiteTrailers } from '../../../shared/history/trailers.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import type { CommitPorts } from '../ports.ts';
import { type Folded, siteKey } from './apply-updates.ts';
import {
  type CommitOptions,
  changesOf,
  commitOn,
  commitTo,
  type Delivery,
  foldAt,
  foldFree,
  headIfAny,
  historyAt,
  messageOf,
  type Place,
} from './branch-writer.ts';
import { carriedNotes } from './carried-notes.ts';
import { carriedUpdates } from './carried-updates.ts';

/** A push branch as it stands, and its base. */
interface PushBranch {
  readonly name: string;
  readonly head: string;
  /** The head first. */
  readonly history: readonly PastCommit[];
  /** The head of the watched branch. */
  readonly base: string;
}

/**
 * Puts updates on a push branch as one commit. It begins at the watched branch; one that is behind it gets all that is
 * new there, and keeps the updates that wait on it for somebody to merge them. What people committed to it is not given
 * up: then the updates are decided at the base and go on top, and those that cannot fail by name.
 */
export async function deliverToPushBranch(
  updates: readonly ImageUpdate[],
  name: string,
  repository: WatchedRepository,
  ports: CommitPorts,
): Promise<Delivery> {
  const base = await repository.host.head(repository.config.branch);
  const head = await headIfAny(name, repository);
  if (head === undefined) {
    return commitOnBase(updates, { carried: [] }, { branch: name, head: base, isNew: true }, repository, ports);
  }
  const history = await historyAt(head, name, repository, ports);
  const branch: PushBranch = { name, head, history, base };
  const proposed = proposedIn(history);
  if (history.some(({ revision }) => revision === base)) {
    return commitOn(updates, { branch: name, head, isNew: false }, repository, ports, { proposed });
  }
  const sinceBase = await commitsSinceBase(branch, repository);
  const notes = await carriedNotes(sinceBase, branch, repository);
  if (!sinceBase.every((commit) => isOurs(commit) || isMergeOf(repository.config.branch, commit))) {
    return commitBesideOthers(updates, { ...branch, notes }, repository, ports);
  }
  const place = { branch: name, head: base, isNew: false, overtakes: head };
  const carried = await carriedUpdates(sinceBase, branch, repository, ports);
  const kept = { carried, carriedNotes: notes, proposed };
  return commitOnBase(updates, kept, place, repository, ports);
}

/** What Sluice set on a push branch, by the key of its place. */
function proposedIn(history: readonly PastCommit[]): ReadonlyMap<string, readonly ProposedVersion[]> {
  const versions = history.flatMap(({ message, committedAt: proposedAt }) =>
    readSiteTrailers(message).map(({ tag, digest, ...site }) => ({ key: siteKey(site), tag, digest, proposedAt })),
  );
  return Map.groupBy(versions, ({ key }) => key);
}

const BASE_TRAILER = 'Sluice-Base: ';

/** What a push branch has, and keeps on another base. */
interface Kept extends Pick<CommitOptions, 'proposed' | 'carriedNotes'> {
  /** Updates that wait on it. */
  readonly carried: readonly ImageUpdate[];
}

/** A commit with the tree of the base, and updates. */
async function commitOnBase(
  updates: readonly ImageUpdate[],
  { carried, ...kept }: Kept,
  place: Place,
  repository: WatchedRepository,
  ports: CommitPorts,
): Promise<Delivery> {
  const isClaim = (update: ImageUpdate) => carried.includes(update);
  const trailers = `${BASE_TRAILER}${place.head}\n`;
  const delivery = await commitOn([...carried, ...updates], place, repository, ports, { ...kept, isClaim, trailers });
  return { ...delivery, folded: delivery.folded.filter(({ update }) => !isClaim(update)) };
}

/** The commits of a push branch since it was put on a base, as far as that can be told; the newest first. */
async function commitsSinceBase(
  { history }: PushBranch,
  { config, host }: WatchedRepository,
): Promise<readonly PastCommit[]> {
  const built = history.findIndex((commit) => isOurs(commit) && commit.message.includes(`\n${BASE_TRAILER}`));
  const since = built < 0 ? history : history.slice(0, built + 1);
  if (since.every(isOurs)) {
    return since;
  }
  const inBase = new Set((await host.history(config.branch)).map(({ revision }) => revision));
  return since.filter(({ revision }) => !inBase.has(revision));
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

/** On top of what people did, what the base says of versions. */
async function commitBesideOthers(
  updates: readonly ImageUpdate[],
  branch: PushBranch & { readonly notes: readonly RolledBackVersion[] },
  repository: WatchedRepository,
  ports: CommitPorts,
): Promise<Delivery> {
  const { name, head, base } = branch;
  const fault = behind(branch, repository);
  ports.log.warn('push branch is behind', { branch: name, head, base, error: fault });
  const known = { proposed: proposedIn(branch.history), carriedNotes: branch.notes };
  const at = { head: base, historyOf: repository.config.branch, ...known };
  const decided = await foldAt(updates, at, repository, ports);
  const wanted = changesOf(decided.folded).map(({ update }) => update);
  const { edits, folded } = await foldFree(wanted, head, repository, ports);
  const onTop = new Map(folded.map((one) => [one.update, one]));
  const told = decided.folded.map((one): Folded => {
    const there = onTop.get(one.update) ?? one;
    const isMissing = there.action === 'drop' && there.isMissing === true && one.action === 'change';
    return isMissing ? { update: one.update, action: 'fail', error: fault } : there;
  });
  const { notes } = decided;
  const place = { branch: name, head, isNew: false };
  if (edits.length === 0) {
    return { head, commit: undefined, folded: told, notes, notesAt: place };
  }
  const message = messageOf(changesOf(folded), repository);
  const commit = await commitTo(place, edits, message, repository, ports);
  return { head, commit, folded: told, notes, notesAt: { ...place, head: commit } };
}

function behind({ name, base }: PushBranch, { config }: WatchedRepository): SluiceError {
  return new SluiceError({
    code: 'git-refused',
    subject: `repository ${config.url} branch ${name}`,
    expected: `a push branch that has the head of ${config.branch} (${base.slice(0, 12)}), or commits of Sluice alone`,
    found: "one that is behind and has other people's commits, which are not given up",
    next: `Merge ${config.branch} into ${name}, or delete ${name}: it is made anew.`,
  });
}
