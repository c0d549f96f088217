import { SluiceError } from '../../../shared/errors.ts';
import type { PullRequests } from '../../../shared/git-host/pull-request.ts';
import type { MergedVersion } from '../../../shared/history/place.ts';
import { siteKey } from '../../../shared/history/trailers.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import type { BranchWriter } from '../branch/branch-writer.ts';
import type { CommitResult } from '../branch/commit-result.ts';
import type { Declined } from '../branch/update-guards.ts';
import { changesOf, type UpdateResult } from '../branch/update-result.ts';
import { isSuperseded, type Proposal, proposalsOf } from '../message/pull-request-body.ts';
import { branchPrefix, groupOf } from './branch-name.ts';
import type { Group } from './group.ts';
import { Proposer } from './propose.ts';

/** Proposes updates to one repository's watched branch. */
export class PullRequestDelivery {
  readonly #writer: BranchWriter;
  readonly #pullRequests: PullRequests;
  readonly #proposer: Proposer;

  /** @throws SluiceError `config-invalid` for a host without pull requests */
  constructor(writer: BranchWriter) {
    this.#writer = writer;
    this.#pullRequests = writer.host.pullRequests ?? missing(writer.config.url);
    this.#proposer = new Proposer(writer, this.#pullRequests);
  }

  /**
   * Proposes updates: one pull request for each group, which newer updates are added to. Nothing is proposed again that
   * a person declined, and what the base branch has by now is closed.
   *
   * @returns what became of each update
   */
  async propose(updates: readonly ImageUpdate[]): Promise<readonly CommitResult[]> {
    const groups = Map.groupBy(updates, (update) => groupOf(update, this.#writer.config));
    const results: CommitResult[] = [];
    for (const [name, all] of groups) {
      results.push(await this.#writer.retry(async () => this.#proposeGroup(await this.#lookAt(name, all))));
    }
    return results;
  }

  async #lookAt(name: string, updates: readonly ImageUpdate[]): Promise<Group> {
    const { config } = this.#writer;
    const all = await this.#pullRequests.list(config.branch, `${branchPrefix(config)}${name}-`);
    const [open, ...superseded] = all.filter(({ state }) => state === 'open');
    const ended = all.filter(({ state }) => state !== 'open');
    return { name, updates, open, proposals: proposalsOf(open?.body ?? '') ?? [], superseded, ended };
  }

  async #proposeGroup(group: Group): Promise<CommitResult> {
    const { config, host } = this.#writer;
    const { branch, url } = config;
    const head = await host.head(branch);
    const before = group.proposals.map(
      (proposal): ImageUpdate => ({ version: 1, repository: url, branch, revision: head, ...proposal }),
    );
    // What is proposed already is decided again too: the base may have moved past it, and bodies can be edited.
    const isClaim = (update: ImageUpdate) => before.includes(update);
    const known = { isClaim, declined: declinedOf(group), merged: mergedOf(group) };
    const base = await this.#writer.decide([...before, ...group.updates], head, branch, known);
    this.#tellDropped(
      group,
      base.results.filter(({ update }) => isClaim(update)),
    );
    const { notes } = base;
    const changes = changesOf(base.results);
    const told = tellerOf(group.updates, base.results);
    if (base.results.every((one) => (group.updates.includes(one.update) ? isHeld(one) : one.action === 'change'))) {
      // Nothing new is proposed meanwhile, not even the same from a base that has moved on.
      return { head, commit: undefined, results: told(new Map()), notes, notesAt: undefined };
    }
    if (changes.length === 0) {
      await this.#closeAll(group);
      return { head, commit: undefined, results: told(new Map()), notes, notesAt: undefined };
    }
    const isOutdated = before.some((proposal) => {
      const now = changes.find(({ update }) => siteKey(update.site) === siteKey(proposal.site));
      return now === undefined || now.from !== proposal.from;
    });
    const { commit, pullRequest, kept, ...made } = await this.#proposer.propose({
      group,
      base,
      changes,
      head,
      isOutdated,
    });
    const notesAt = { branch: pullRequest.branch, head: made.head };
    return { head, commit, results: told(kept), pullRequest, notes, notesAt };
  }

  #tellDropped({ open }: Group, proposals: readonly UpdateResult[]): void {
    for (const one of proposals) {
      if (one.action === 'drop') {
        const { site, image, to } = one.update;
        const told = { pullRequest: open?.url, image, tag: to.tag, ...site, reason: one.reason };
        this.#writer.log.info('proposal dropped', told);
      }
    }
  }

  async #closeAll({ open, superseded }: Group): Promise<void> {
    const { branch } = this.#writer.config;
    const reason = `Nothing is left to propose: ${branch} has these versions or newer ones, or people have said no to them.`;
    await this.#proposer.closeSuperseded([...(open === undefined ? [] : [open]), ...superseded], reason);
  }
}

function isHeld(result: UpdateResult): boolean {
  return result.action === 'drop' && result.hold !== undefined;
}

/**
 * Updates that a person said no to: by closing what proposed them, or by moving a place away from what was merged. Of
 * the merged ones the last of a place counts.
 */
function declinedOf({ updates, ended }: Group): ReadonlyMap<ImageUpdate, Declined> {
  const declined = new Map<ImageUpdate, Declined>();
  const merged = new Set<string>();
  for (const { number, body, state, endedAt = Number.POSITIVE_INFINITY } of ended) {
    const proposals = isSuperseded(body) ? [] : (proposalsOf(body) ?? []);
    const isLast = (proposal: Proposal) => state === 'closed' || !merged.has(siteKey(proposal.site));
    for (const update of updates) {
      if (proposals.some((proposal) => isSame(proposal, update) && isLast(proposal)) && !declined.has(update)) {
        const found = `pull request ${number} for ${update.to.tag} was`;
        const version = `${update.image}:${update.to.tag}`;
        const reason =
          state === 'closed'
            ? `${found} closed without merging it`
            : `${found} merged, and a person moved this place away from it since; it comes back only by \`sluice allow ${version}\``;
        declined.set(update, { reason, at: endedAt });
      }
    }
    for (const { site } of state === 'merged' ? proposals : []) {
      merged.add(siteKey(site));
    }
  }
  return declined;
}

/** What was merged of each place: whoever squashes may have given the commit a title of his own. */
function mergedOf({ ended }: Group): ReadonlyMap<string, readonly MergedVersion[]> {
  const versions = ended.flatMap(({ state, body, endedAt: mergedAt }) =>
    state === 'merged' && mergedAt !== undefined
      ? (proposalsOf(body) ?? []).map(({ site, to }) => ({ site, tag: to.tag, digest: to.digest, mergedAt }))
      : [],
  );
  return Map.groupBy(versions, ({ site }) => siteKey(site));
}

function isSame(proposal: Proposal, { site, to }: ImageUpdate): boolean {
  return siteKey(proposal.site) === siteKey(site) && proposal.to.tag === to.tag && proposal.to.digest === to.digest;
}

/** What became of the group's own updates, in their order: `kept` are those that stood in the pull request already. */
function tellerOf(updates: readonly ImageUpdate[], results: readonly UpdateResult[]) {
  const outcomes = new Map(results.map((one) => [one.update, one]));
  return (kept: ReadonlyMap<ImageUpdate, UpdateResult>) =>
    updates.flatMap((update) => kept.get(update) ?? outcomes.get(update) ?? []);
}

function missing(url: string): never {
  throw new SluiceError({
    code: 'config-invalid',
    subject: `repository ${url}`,
    expected: 'a host with pull requests',
    found: 'plain Git',
    next: 'Set host: github or gitlab, or delivery.mode: commit.',
  });
}
