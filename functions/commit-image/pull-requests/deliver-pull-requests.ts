import type { WatchedRepository } from '../../../shared/decision/repository.ts';
import { SluiceError } from '../../../shared/errors.ts';
import type { PullRequests } from '../../../shared/git-host/pull-request.ts';
import type { MergedVersion } from '../../../shared/history/place.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import { type Folded, siteKey } from '../branch/apply-updates.ts';
import { changesOf, type Delivery, foldAt } from '../branch/branch-writer.ts';
import { untilHeadStays } from '../branch/retry-on-moved-head.ts';
import type { Declined } from '../branch/update-guards.ts';
import { isSuperseded, type Proposal, proposalsOf } from '../message/pull-request-body.ts';
import type { CommitPorts } from '../ports.ts';
import { branchPrefix, groupOf } from './branch-name.ts';
import type { Group } from './group.ts';
import { closeSuperseded, propose } from './propose.ts';

/**
 * Proposes updates: one pull request for each group, which newer updates are added to. Nothing is proposed again that
 * a person declined, and what the base branch has by now is closed.
 *
 * @returns what became of each update
 */
export async function deliverPullRequests(
  updates: readonly ImageUpdate[],
  repository: WatchedRepository,
  ports: CommitPorts,
): Promise<readonly Delivery[]> {
  const { config, host } = repository;
  const pullRequests = host.pullRequests ?? missing(config.url);
  const groups = Map.groupBy(updates, (update) => groupOf(update, config));
  const deliveries: Delivery[] = [];
  for (const [name, all] of groups) {
    deliveries.push(
      await untilHeadStays(async () => {
        const group = await lookAt(name, all, repository, pullRequests);
        return deliverGroup(group, repository, pullRequests, ports);
      }, ports.log),
    );
  }
  return deliveries;
}

async function lookAt(
  name: string,
  updates: readonly ImageUpdate[],
  { config }: WatchedRepository,
  pullRequests: PullRequests,
): Promise<Group> {
  const all = await pullRequests.list(config.branch, `${branchPrefix(config)}${name}-`);
  const [open, ...superseded] = all.filter(({ state }) => state === 'open');
  const ended = all.filter(({ state }) => state !== 'open');
  return { name, updates, open, proposals: proposalsOf(open?.body ?? '') ?? [], superseded, ended };
}

async function deliverGroup(
  group: Group,
  repository: WatchedRepository,
  pullRequests: PullRequests,
  ports: CommitPorts,
): Promise<Delivery> {
  const { branch, url } = repository.config;
  const head = await repository.host.head(branch);
  const before = group.proposals.map(
    (proposal): ImageUpdate => ({ version: 1, repository: url, branch, revision: head, ...proposal }),
  );
  // What is proposed already is decided again too: the base may have moved past it, and bodies can be edited.
  const isClaim = (update: ImageUpdate) => before.includes(update);
  const at = { head, historyOf: branch, isClaim, declined: declinedOf(group), merged: mergedOf(group) };
  const base = await foldAt([...before, ...group.updates], at, repository, ports);
  for (const one of base.folded) {
    if (one.action === 'drop' && isClaim(one.update)) {
      const { site, image, to } = one.update;
      ports.log.info('proposal dropped', {
        pullRequest: group.open?.url,
        image,
        tag: to.tag,
        ...site,
        reason: one.reason,
      });
    }
  }
  const changes = changesOf(base.folded);
  const told = tellerOf(group.updates, base.folded);
  if (changes.length === 0) {
    const reason = `Nothing is left to propose: ${branch} has these versions or newer ones, or people have said no to them.`;
    await closeSuperseded(
      [...(group.open === undefined ? [] : [group.open]), ...group.superseded],
      reason,
      pullRequests,
    );
    return { head, commit: undefined, folded: told(new Map()), notes: base.notes, notesAt: undefined };
  }
  const isOutdated = before.some((proposal) => {
    const now = changes.find(({ update }) => siteKey(update.site) === siteKey(proposal.site));
    return now === undefined || now.from !== proposal.from;
  });
  const proposed = await propose({ group, base, changes, head, isOutdated }, repository, pullRequests, ports);
  const { commit, pullRequest, kept } = proposed;
  const notesAt = { branch: pullRequest.branch, head: proposed.head, isNew: false };
  return { head, commit, folded: told(kept), pullRequest, notes: base.notes, notesAt };
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
function tellerOf(updates: readonly ImageUpdate[], folded: readonly Folded[]) {
  const outcomes = new Map(folded.map((one) => [one.update, one]));
  return (kept: ReadonlyMap<ImageUpdate, Folded>) =>
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
