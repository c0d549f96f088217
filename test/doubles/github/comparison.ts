import { type Reply, type RepositoryRequest, repositoryUrl } from './api.ts';
import { commitJson } from './commit-json.ts';
import { readCommit, readCommits } from './commit-object.ts';
import { changedFiles } from './file-changes.ts';
import { linkHeader, pageOf } from './pagination.ts';
import { notFound } from './refusal.ts';
import { commitOf } from './revisions.ts';

/** Files and commits that a comparison shows at once where no page is asked for. */
const MAX_FILES = 300;
const MAX_COMMITS = 250;

/**
 * `GET …/compare/{basehead}`: what the head has that the base has not, seen from where they parted.
 *
 * @see https://docs.github.com/en/rest/commits/commits#compare-two-commits
 */
export async function compareCommits({ host, repository, params, query }: RepositoryRequest): Promise<Reply> {
  const { git } = repository;
  const [from = '', to = ''] = (params['basehead'] ?? '').split('...', 2).map((name) => name.replace(/^acme:/, ''));
  const [base, head] = await Promise.all([commitOf(git, from), commitOf(git, to)]);
  if (base === undefined || head === undefined) {
    throw notFound();
  }
  const parted = await git.line(['merge-base', base, head]);
  if (parted === undefined) {
    throw notFound(`No common ancestor between ${from} and ${to}.`);
  }
  const counts = await git.run(['rev-list', '--left-right', '--count', `${base}...${head}`]);
  const [behind = 0, ahead = 0] = counts.toString('utf8').trim().split('\t').map(Number);
  const isPaged = query.has('page') || query.has('per_page');
  const page = isPaged ? pageOf(query) : { page: 1, perPage: MAX_COMMITS };
  const listed = await git.run(['rev-list', '--reverse', `${base}..${head}`]);
  const all = listed.toString('utf8').split('\n').filter(Boolean);
  const shown = all.slice((page.page - 1) * page.perPage, page.page * page.perPage);
  const [commits, baseCommit, mergeBase] = await Promise.all([
    readCommits(git, shown),
    readCommit(git, base),
    readCommit(git, parted),
  ]);
  const url = `${repositoryUrl(host, repository)}/compare/${encodeURIComponent(from)}...${encodeURIComponent(to)}`;
  const html = `${host.web}/acme/${repository.name}/compare/${base}...${head}`;
  const files = page.page === 1 ? await changedFiles(host, repository, parted, head) : [];
  const body = {
    url,
    html_url: html,
    permalink_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    base_commit: commitJson(host, repository, baseCommit),
    merge_base_commit: commitJson(host, repository, mergeBase),
    status: statusOf(ahead, behind),
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    commits: commits.map((commit) => commitJson(host, repository, commit)),
    files: files.slice(0, MAX_FILES),
  };
  const address = `${host.api}/repositories/${repository.id}/compare/${base}...${head}`;
  return { status: 200, body, headers: linkHeader(address, query, page, ahead) };
}

function statusOf(ahead: number, behind: number): string {
  if (ahead > 0) {
    return behind > 0 ? 'diverged' : 'ahead';
  }
  return behind > 0 ? 'behind' : 'identical';
}
