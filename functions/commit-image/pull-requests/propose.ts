import { lookUpSource } from '../../../shared/decision/look-up.ts';
import type { WatchedRepository } from '../../../shared/decision/repository.ts';
import { isSluiceError } from '../../../shared/errors.ts';
import type { PullRequest, PullRequests, PullRequestText } from '../../../shared/git-host/pull-request.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import type { Fold, Folded } from '../branch/apply-updates.ts';
import { changesOf, commitTo, foldFree, headIfAny, messageOf, styleOf } from '../branch/branch-writer.ts';
import { type CommittedChange, commitSubject } from '../message/commit-message.ts';
import { pullRequestBody, supersededBody } from '../message/pull-request-body.ts';
import type { CommitPorts } from '../ports.ts';
import { branchPrefix, newBranch } from './branch-name.ts';
import type { Group } from './group.ts';

/** What a group is to propose, decided on the base branch. */
export interface Wanted {
  readonly group: Group;
  readonly base: Fold;
  /** All that is to stand in the pull request, old and new. */
  readonly changes: readonly CommittedChange[];
  /** Of the base branch. */
  readonly head: string;
  /** The base has moved at a proposed place: the open one cannot be merged as it is. */
  readonly isOutdated: boolean;
}

export interface Proposed {
  readonly pullRequest: PullRequest;
  readonly commit: string | undefined;
  /** Of its branch, with that commit. */
  readonly head: string;
  /** What became of updates that its branch held already. */
  readonly kept: ReadonlyMap<ImageUpdate, Folded>;
}

/** Adds to the group's open pull request, or opens one that takes its place. */
export async function propose(
  wanted: Wanted,
  repository: WatchedRepository,
  pullRequests: PullRequests,
  ports: CommitPorts,
): Promise<Proposed> {
  const { group, changes, isOutdated } = wanted;
  const text = await textOf(changes, repository, ports);
  const { open } = group;
  const added = open === undefined || isOutdated ? undefined : await addTo(open, wanted, repository, ports);
  if (open !== undefined && added !== undefined) {
    if (text.title !== open.title || text.body !== open.body) {
      await pullRequests.update(open.number, text);
    }
    await closeSuperseded(group.superseded, `Superseded by ${open.url}.`, pullRequests);
    return { ...added, pullRequest: { ...open, ...text } };
  }
  const { branch, ...made } = await makeBranch(wanted, repository, ports);
  const { labels = [], assignees = [], autoMerge = false } = repository.config.delivery;
  const pullRequest = await pullRequests.open({
    ...text,
    branch,
    base: repository.config.branch,
    labels,
    assignees,
    autoMerge,
  });
  const older = [...(open === undefined || open.number === pullRequest.number ? [] : [open]), ...group.superseded];
  await closeSuperseded(older, `Superseded by ${pullRequest.url}.`, pullRequests);
  return { ...made, pullRequest };
}

/** Closes what is no longer needed, so that nobody takes it for declined. */
export async function closeSuperseded(
  older: readonly PullRequest[],
  comment: string,
  pullRequests: PullRequests,
): Promise<void> {
  for (const { number, title, body } of older) {
    await pullRequests.update(number, { title, body: supersededBody(body) });
    await pullRequests.close(number, comment);
  }
}

/**
 * A commit on top of the pull request's branch, people's own commits on it included; undefined where the branch is gone,
 * or does not have all the places.
 */
async function addTo(
  { branch }: PullRequest,
  { changes }: Wanted,
  repository: WatchedRepository,
  ports: CommitPorts,
): Promise<Omit<Proposed, 'pullRequest'> | undefined> {
  const head = await headIfAny(branch, repository);
  if (head === undefined) {
    return undefined;
  }
  const fold = await foldFree(updatesOf(changes), head, repository, ports);
  // What is new at the base since the branch was made can only be proposed from there.
  const isBehind = fold.folded.some((one) => one.action === 'drop' && one.isMissing === true);
  return isBehind ? undefined : commitFold({ branch, head }, fold, repository, ports);
}

async function makeBranch(
  { group, base, changes, head }: Wanted,
  repository: WatchedRepository,
  ports: CommitPorts,
): Promise<Omit<Proposed, 'pullRequest'> & { readonly branch: string }> {
  const branch = newBranch(branchPrefix(repository.config), group.name, head);
  try {
    const commit = await commitTo(
      { branch, head, isNew: true },
      base.edits,
      messageOf(changes, repository),
      repository,
      ports,
    );
    return { branch, commit, head: commit, kept: new Map() };
  } catch (error) {
    // There since a run that was cut short, or since a pull request from the same head that was closed.
    const there = isSluiceError(error, 'git-head-moved') ? await headIfAny(branch, repository) : undefined;
    if (there === undefined) {
      throw error;
    }
    const fold = await foldFree(updatesOf(changes), there, repository, ports);
    return { branch, ...(await commitFold({ branch, head: there }, fold, repository, ports)) };
  }
}

function updatesOf(changes: readonly CommittedChange[]): readonly ImageUpdate[] {
  return changes.map(({ update }) => update);
}

async function commitFold(
  { branch, head }: { readonly branch: string; readonly head: string },
  { edits, folded }: Fold,
  repository: WatchedRepository,
  ports: CommitPorts,
): Promise<Omit<Proposed, 'pullRequest'>> {
  const kept = new Map(folded.flatMap((one) => (one.action === 'change' ? [] : [[one.update, one]])));
  if (edits.length === 0) {
    return { commit: undefined, head, kept };
  }
  const place = { branch, head, isNew: false };
  const message = messageOf(changesOf(folded), repository);
  const commit = await commitTo(place, edits, message, repository, ports);
  return { commit, head: commit, kept };
}

async function textOf(
  changes: readonly CommittedChange[],
  { config }: WatchedRepository,
  { registry, log }: CommitPorts,
): Promise<PullRequestText> {
  const proposed = await Promise.all(
    changes.map(async (change) => ({
      ...change,
      fromSource: await lookUpSource(change.from, registry, log),
      toSource: await lookUpSource(change.to, registry, log),
    })),
  );
  return { title: commitSubject(changes, styleOf(config)), body: pullRequestBody(proposed) };
}
