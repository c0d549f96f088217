import { isSameNote, type RollbackNotes } from '../../../shared/block-list/edit.ts';
import type { RolledBackVersion } from '../../../shared/block-list/entry.ts';
import { readBlocksInTurn, withNotes } from '../../../shared/decision/blocks.ts';
import { LookUps } from '../../../shared/decision/look-up.ts';
import { filesWithBlockList } from '../../../shared/decision/read-block-list.ts';
import { isWatched, type WatchedRepository } from '../../../shared/decision/repository.ts';
import { isSluiceError, SluiceError } from '../../../shared/errors.ts';
import type { FileEdit, PastCommit } from '../../../shared/git-host/port.ts';
import type { PullRequest } from '../../../shared/git-host/pull-request.ts';
import type { MergedVersion, ProposedVersion } from '../../../shared/history/place.ts';
import { parseReference } from '../../../shared/image/reference.ts';
import type { Site } from '../../../shared/manifest/site.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import { type CommittedChange, commitMessage, type MessageStyle } from '../message/commit-message.ts';
import type { CommitPorts } from '../ports.ts';
import { AllowOrder } from './allow-order.ts';
import { type Fold, type Folded, foldUpdates } from './apply-updates.ts';
import { placeKey } from './carried-notes.ts';
import { SitePast } from './site-past.ts';
import { type Declined, holdBackBy } from './update-guards.ts';

/** Updates folded into one head, and what came of it; no commit where nothing was left to change. */
export interface Delivery {
  readonly head: string;
  readonly commit: string | undefined;
  readonly folded: readonly Folded[];
  readonly pullRequest?: PullRequest;
  /** What is to be written down of rollbacks. */
  readonly notes: RollbackNotes;
  /** Where that goes, on top of the commit; undefined where no branch was made. */
  readonly notesAt: (Place & Pick<CommitOptions, 'trailers'>) | undefined;
}

/** Updates folded where people have their say, and what is to be written down of that. */
export interface DecidedFold extends Fold {
  readonly notes: RollbackNotes;
}

/** Where a commit goes: on a branch that stands at `head`, or on a new one that begins there. */
export interface Place {
  readonly branch: string;
  /** What the commit is made on. */
  readonly head: string;
  readonly isNew: boolean;
  /** Where the branch stands, if that is elsewhere: what it has is given up for what `head` has. */
  readonly overtakes?: string | undefined;
}

/** Where updates are folded, and what is known of them. */
export interface FoldedAt {
  readonly head: string;
  /** The branch whose history tells of rollbacks; `head` is its own, or in its history. */
  readonly historyOf: string;
  /** Is an update somebody's words only, which have to be decided by the manifest and the registry? */
  readonly isClaim?: ((update: ImageUpdate) => boolean) | undefined;
  /** What people have said no to by a pull request. */
  readonly declined?: ReadonlyMap<ImageUpdate, Declined>;
  /** What was merged by pull requests, by the key of its place. */
  readonly merged?: ReadonlyMap<string, readonly MergedVersion[]> | undefined;
  /** What waited on a push branch for somebody to merge it, by the key of its place. */
  readonly proposed?: ReadonlyMap<string, readonly ProposedVersion[]> | undefined;
  /** What was written down on a push branch, and its base may not have. */
  readonly carriedNotes?: readonly RolledBackVersion[] | undefined;
}

/** Folds updates into the tree at a head, and holds back what people have said no to. */
export async function foldAt(
  updates: readonly ImageUpdate[],
  { head, historyOf, isClaim, declined = new Map(), merged, proposed, carriedNotes = [] }: FoldedAt,
  repository: WatchedRepository,
  ports: CommitPorts,
): Promise<DecidedFold> {
  const watched = updates.map(({ site }) => site.file).filter((file) => isWatched(file, repository.config));
  const { list, others: manifests } = await filesWithBlockList(head, watched, repository.host);
  const lookUpFor = lookUpWith(ports.registry);
  const blocks = withNotes(await readBlocksInTurn(list, ports.now()), carriedNotes);
  const { heads } = ports;
  const past = new SitePast({ repository, branch: historyOf, head, heads, blocks, merged, proposed });
  const place = { host: repository.host, branch: historyOf, revision: heads.below(head).base };
  const order = new AllowOrder(place, async () => past.ofBranch());
  const noted = new Map(carriedNotes.map((one) => [placeKey(one.image, one), one]));
  const note = (rollback: RolledBackVersion) => {
    const known = blocks.rolledBackAt(rollback.image, rollback);
    if (known === undefined || !isSameNote(known, rollback)) {
      noted.set(placeKey(rollback.image, rollback), rollback);
    }
  };
  const holdBack = holdBackBy({ blocks, past, order, declined, lookUpFor, note });
  const whenSet = async (site: Site) => past.whenSet(site);
  const fold = await foldUpdates(updates, manifests, { lookUpFor, holdBack, isClaim, whenSet });
  const changes = changesOf(fold.folded);
  for (const { update } of changes) {
    noted.delete(placeKey(update.image, update.site));
  }
  const over = changes.flatMap(({ update }) => blocks.rolledBackAt(update.image, update.site) ?? []);
  return { ...fold, notes: { noted: [...noted.values()], over } };
}

/** Folds what was found good elsewhere into the tree at a head, as it is. */
export async function foldFree(
  updates: readonly ImageUpdate[],
  head: string,
  { host }: WatchedRepository,
  { registry }: CommitPorts,
): Promise<Fold> {
  const files = await host.files(head, [...new Set(updates.map(({ site }) => site.file))]);
  return foldUpdates(updates, files, { lookUpFor: lookUpWith(registry), holdBack: heldByNothing });
}

const heldByNothing = async () => undefined;

/**
 * The history of a head, asked of the host where it is not known.
 *
 * @throws SluiceError `git-head-moved` where the branch does not stand there
 */
export async function historyAt(
  head: string,
  branch: string,
  { host, config }: WatchedRepository,
  { heads }: CommitPorts,
): Promise<readonly PastCommit[]> {
  const known = heads.history(head);
  if (known !== undefined) {
    return known;
  }
  const history = await host.history(branch);
  const found = history[0]?.revision;
  if (found !== head) {
    throw headMoved(config.url, branch, head, found);
  }
  heads.told(history);
  return history;
}

/** What a commit is of besides the updates. */
export interface CommitOptions extends Pick<FoldedAt, 'isClaim' | 'proposed' | 'carriedNotes'> {
  /** More of them, each a line. */
  readonly trailers?: string | undefined;
}

/** Folds updates into the tree at a place, and commits what is left to change. */
export async function commitOn(
  updates: readonly ImageUpdate[],
  place: Place,
  repository: WatchedRepository,
  ports: CommitPorts,
  { trailers, ...options }: CommitOptions = {},
): Promise<Delivery> {
  const { head } = place;
  const isOnBase = place.isNew || place.overtakes !== undefined;
  const historyOf = isOnBase ? repository.config.branch : place.branch;
  const { edits, folded, notes } = await foldAt(updates, { head, historyOf, ...options }, repository, ports);
  if (edits.length === 0) {
    return { head, commit: undefined, folded, notes, notesAt: { ...place, trailers } };
  }
  const message = messageOf(changesOf(folded), repository, trailers);
  const commit = await commitTo(place, edits, message, repository, ports);
  return { head, commit, folded, notes, notesAt: { branch: place.branch, head: commit, isNew: false } };
}

/** What the commit is of, among what was folded. */
export function changesOf(folded: readonly Folded[]) {
  return folded.filter((one) => one.action === 'change');
}

/**
 * The message of a commit of changes.
 *
 * @param trailers more of them, each a line
 */
export function messageOf(changes: readonly CommittedChange[], { config }: WatchedRepository, trailers = ''): string {
  return `${commitMessage(changes, styleOf(config))}${trailers}`;
}

/** Makes the commit, and remembers what it made. */
export async function commitTo(
  { branch, head, isNew, overtakes }: Place,
  edits: readonly FileEdit[],
  message: string,
  { config, host }: WatchedRepository,
  { heads, now }: CommitPorts,
): Promise<string> {
  const revision = await host.commit({
    branch,
    expectedHead: head,
    newBranch: isNew,
    ...(overtakes === undefined ? {} : { overtakes }),
    edits,
    message,
    author: config.author,
    committer: config.committer,
    skipCi: config.delivery.skipCi === 'push-option',
  });
  // Git counts in seconds.
  heads.committed(head, { revision, message, committedAt: Math.floor(now() / 1000) * 1000, parents: [head] });
  return revision;
}

/** How the repository wants its messages. */
export function styleOf({ branch, delivery }: WatchedRepository['config']): MessageStyle {
  return { branch, message: delivery.message, skipCi: delivery.skipCi === true };
}

/** The head of a branch that may not be there yet. */
export async function headIfAny(branch: string, { host }: WatchedRepository): Promise<string | undefined> {
  try {
    return await host.head(branch);
  } catch (error) {
    if (isSluiceError(error, 'git-not-found')) {
      return undefined;
    }
    throw error;
  }
}

/** Look-ups by an image's name, so that nothing is asked twice. */
function lookUpWith(registryFor: CommitPorts['registry']) {
  const lookUps = new LookUps(registryFor);
  return (image: string) => {
    const { registry, repository } = parseReference(image);
    return lookUps.of(registry, repository);
  };
}

function headMoved(url: string, branch: string, expected: string, found: string | undefined): SluiceError {
  return new SluiceError({
    code: 'git-head-moved',
    subject: `repository ${url} branch ${branch}`,
    expected: `${expected} at its head`,
    found: found ?? 'no commit',
    retryable: true,
  });
}
