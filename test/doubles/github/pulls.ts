import { type Host, timestamp } from './api.ts';
import type { Pull } from './pull.ts';
import { invalid, notFound } from './refusal.ts';
import type { Repository } from './repository.ts';
import { branchHeads, refTarget } from './revisions.ts';

/** GitHub's limits, in characters. */
const MAX_TITLE = 256;
const MAX_BODY = 65_536;

/** @throws Refusal 422 for a text that is too long or a title that is empty */
export function checkText({
  title,
  body,
}: {
  readonly title?: string | undefined;
  readonly body?: string | undefined;
}): void {
  if (title?.trim() === '') {
    throw invalid('PullRequest', { field: 'title', code: 'missing_field' });
  }
  for (const [field, text, limit] of [
    ['title', title, MAX_TITLE],
    ['body', body, MAX_BODY],
  ] as const) {
    if (text !== undefined && text.length > limit) {
      const message = `${field} is too long (maximum is ${limit} characters)`;
      throw invalid('PullRequest', { field, code: 'custom', message });
    }
  }
}

/** Opens a pull request, if there is something in it and none of that branch is open yet. */
export async function openPull(
  host: Host,
  repository: Repository,
  { branch, base, title, body, draft, user }: Pick<Pull, 'branch' | 'base' | 'title' | 'body' | 'draft' | 'user'>,
): Promise<Pull> {
  const { git, pulls } = repository;
  const [headSha, baseSha] = await Promise.all([
    refTarget(git, `refs/heads/${branch}`),
    refTarget(git, `refs/heads/${base}`),
  ]);
  if (baseSha === undefined || headSha === undefined) {
    throw invalid('PullRequest', { field: headSha === undefined ? 'head' : 'base', code: 'invalid' });
  }
  if (pulls.some((pull) => pull.state === 'open' && pull.branch === branch && pull.base === base)) {
    const message = `A pull request already exists for acme:${branch}.`;
    throw invalid('PullRequest', { code: 'custom', message });
  }
  if ((await git.attempt(['merge-base', '--is-ancestor', headSha, baseSha])).exit === 0) {
    throw invalid('PullRequest', { code: 'custom', message: `No commits between ${base} and ${branch}` });
  }
  const now = timestamp(host.now());
  const pull: Pull = {
    id: host.nextId(),
    number: pulls.length + 1,
    user,
    branch,
    base,
    title,
    body,
    draft,
    headSha,
    baseSha,
    state: 'open',
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    mergedAt: null,
    mergedBy: null,
    mergeCommit: null,
    autoMerge: null,
    autoMergeBy: null,
    labels: new Set(),
    assignees: new Set(),
    comments: [],
  };
  pulls.push(pull);
  return pull;
}

/** The pull request of a number, as its branches stand now. */
export async function pullOf(host: Host, repository: Repository, number: string | undefined): Promise<Pull> {
  await refreshPulls(host, repository);
  const pull = repository.pulls.find((one) => String(one.number) === number);
  if (pull === undefined) {
    throw notFound();
  }
  return pull;
}

/**
 * Takes over what happened to the branches: open pull requests follow theirs, are closed when it is gone, and count
 * as merged when the base holds it.
 */
export async function refreshPulls(host: Host, { git, pulls }: Repository): Promise<void> {
  const heads = await branchHeads(git);
  for (const pull of pulls.filter(({ state }) => state === 'open')) {
    const head = heads.get(pull.branch);
    const base = heads.get(pull.base);
    if (head === undefined || base === undefined) {
      closePull(host, pull);
      continue;
    }
    const isHeld = base !== pull.baseSha && (await git.attempt(['merge-base', '--is-ancestor', head, base])).exit === 0;
    if (isHeld) {
      closePull(host, pull);
      pull.mergedAt = head === pull.headSha ? pull.closedAt : null;
    }
    pull.headSha = head;
  }
}

/** Closes without merging. */
export function closePull(host: Host, pull: Pull): void {
  pull.state = 'closed';
  pull.closedAt = timestamp(host.now());
  pull.updatedAt = pull.closedAt;
}

/** @throws Refusal 422 where its branch is gone, or another of that branch is open by now */
export async function reopenPull(host: Host, { git, pulls }: Repository, pull: Pull): Promise<void> {
  const head = await refTarget(git, `refs/heads/${pull.branch}`);
  const other = pulls.some((one) => one.state === 'open' && one.branch === pull.branch && one.base === pull.base);
  if (head === undefined || other || pull.mergedAt !== null) {
    const why = head === undefined ? `The ${pull.branch} branch has been deleted.` : 'It cannot be reopened.';
    throw invalid('PullRequest', { field: 'state', code: 'invalid', message: `state cannot be changed. ${why}` });
  }
  pull.state = 'open';
  pull.closedAt = null;
  pull.headSha = head;
  pull.updatedAt = timestamp(host.now());
}
