import { isSluiceError } from '../../../shared/errors.ts';
import type { PullRequest, PullRequests, PullRequestText } from '../../../shared/git-host/pull-request.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import type { AppliedUpdates } from '../branch/apply-updates.ts';
import type { BranchWriter } from '../branch/branch-writer.ts';
import type { UpdateResult } from '../branch/update-result.ts';
import { type CommittedChange, commitSubject, styleOf } from '../message/commit-message.ts';
import { pullRequestBody, supersededBody } from '../message/pull-request-body.ts';
import { branchPrefix, newBranch } from './branch-name.ts';
import type { Group } from './group.ts';

/** What a group is to propose, decided on the base branch. */
export interface GroupProposal {
  readonly group: Group;
  readonly base: AppliedUpdates;
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
  readonly kept: ReadonlyMap<ImageUpdate, UpdateResult>;
}

/** What is on the branch of a pull request. */
type ProposedBranch = Omit<Proposed, 'pullRequest'>;

/** Opens pull requests, adds to them, and closes those that others took the place of. */
export class Proposer {
  readonly #writer: BranchWriter;
  readonly #pullRequests: PullRequests;

  constructor(writer: BranchWriter, pullRequests: PullRequests) {
    this.#writer = writer;
    this.#pullRequests = pullRequests;
  }

  /** Adds to the group's open pull request, or opens one that takes its place. */
  async propose(proposal: GroupProposal): Promise<Proposed> {
    const { group, changes, isOutdated } = proposal;
    const text = await this.#textOf(changes);
    const { open } = group;
    const added = open === undefined || isOutdated ? undefined : await this.#addTo(open, changes);
    if (open !== undefined && added !== undefined) {
      if (text.title !== open.title || text.body !== open.body) {
        await this.#pullRequests.update(open.number, text);
      }
      await this.closeSuperseded(group.superseded, `Superseded by ${open.url}.`);
      return { ...added, pullRequest: { ...open, ...text } };
    }
    const { branch, ...made } = await this.#makeBranch(proposal);
    const pullRequest = await this.#open(branch, text);
    const older = [...(open === undefined || open.number === pullRequest.number ? [] : [open]), ...group.superseded];
    await this.closeSuperseded(older, `Superseded by ${pullRequest.url}.`);
    return { ...made, pullRequest };
  }

  /** Closes what is no longer needed, so that nobody takes it for declined. */
  async closeSuperseded(older: readonly PullRequest[], comment: string): Promise<void> {
    for (const { number, title, body } of older) {
      await this.#pullRequests.update(number, { title, body: supersededBody(body) });
      await this.#pullRequests.close(number, comment);
    }
  }

  async #open(branch: string, text: PullRequestText): Promise<PullRequest> {
    const { branch: base, delivery } = this.#writer.config;
    const { labels = [], assignees = [], autoMerge = false } = delivery;
    return this.#pullRequests.open({ ...text, branch, base, labels, assignees, autoMerge });
  }

  /**
   * A commit on top of the pull request's branch, people's own commits on it included; undefined where the branch is
   * gone, or does not have all the places.
   */
  async #addTo({ branch }: PullRequest, changes: readonly CommittedChange[]): Promise<ProposedBranch | undefined> {
    const head = await this.#writer.headIfAny(branch);
    if (head === undefined) {
      return undefined;
    }
    const applied = await this.#writer.apply(updatesOf(changes), head);
    // What is new at the base since the branch was made can only be proposed from there.
    const isBehind = applied.results.some((one) => one.action === 'drop' && one.isMissing === true);
    return isBehind ? undefined : this.#commitOnTop(branch, head, applied);
  }

  async #makeBranch({
    group,
    base,
    changes,
    head,
  }: GroupProposal): Promise<ProposedBranch & { readonly branch: string }> {
    const writer = this.#writer;
    const branch = newBranch(branchPrefix(writer.config), group.name, head);
    try {
      const commit = await writer.commit({ branch, head, isNew: true }, base.edits, writer.messageOf(base.results));
      return { branch, commit, head: commit, kept: new Map() };
    } catch (error) {
      // There since a run that was cut short, or since a pull request from the same head that was closed.
      const there = isSluiceError(error, 'git-head-moved') ? await writer.headIfAny(branch) : undefined;
      if (there === undefined) {
        throw error;
      }
      const applied = await writer.apply(updatesOf(changes), there);
      return { branch, ...(await this.#commitOnTop(branch, there, applied)) };
    }
  }

  async #commitOnTop(branch: string, head: string, { edits, results }: AppliedUpdates): Promise<ProposedBranch> {
    const kept = new Map(results.flatMap((one) => (one.action === 'change' ? [] : [[one.update, one]])));
    if (edits.length === 0) {
      return { commit: undefined, head, kept };
    }
    const commit = await this.#writer.commit({ branch, head }, edits, this.#writer.messageOf(results));
    return { commit, head: commit, kept };
  }

  async #textOf(changes: readonly CommittedChange[]): Promise<PullRequestText> {
    const proposed = await Promise.all(
      changes.map(async (change) => ({
        ...change,
        fromSource: await this.#writer.sourceOf(change.from),
        toSource: await this.#writer.sourceOf(change.to),
      })),
    );
    return { title: commitSubject(changes, styleOf(this.#writer.config)), body: pullRequestBody(proposed) };
  }
}

function updatesOf(changes: readonly CommittedChange[]): readonly ImageUpdate[] {
  return changes.map(({ update }) => update);
}
