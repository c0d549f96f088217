import { type Host, type Reply, type RepositoryRequest, repositoryUrl } from './api.ts';
import type { Repository } from './repository.ts';
import { defaultBranch } from './revisions.ts';
import { nodeId, OWNER, userJson } from './users.ts';

/** `GET /repos/{owner}/{repo}` */
export async function getRepository({ host, repository, actor }: RepositoryRequest): Promise<Reply> {
  const isUser = actor.kind === 'user';
  // An installation has no role: GitHub says of it that it may not push, whatever it was granted.
  const isWriter = isUser && actor.canWrite;
  const permissions = { admin: false, maintain: false, push: isWriter, triage: isWriter, pull: isUser };
  const body = await repositoryJson(host, repository);
  return { status: 200, body: { ...body, permissions, network_count: 0, subscribers_count: 0 } };
}

const BRANCHES = '{/branch}';
const NUMBER = '{/number}';
const SHA = '{/sha}';

/** Addresses below the repository's own, by the name of their field. */
const ADDRESSES: Readonly<Record<string, string>> = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: `/git/blobs${SHA}`,
  branches_url: `/branches${BRANCHES}`,
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: `/comments${NUMBER}`,
  commits_url: `/commits${SHA}`,
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: `/git/commits${SHA}`,
  git_refs_url: `/git/refs${SHA}`,
  git_tags_url: `/git/tags${SHA}`,
  hooks_url: '/hooks',
  issue_comment_url: `/issues/comments${NUMBER}`,
  issue_events_url: `/issues/events${NUMBER}`,
  issues_url: `/issues${NUMBER}`,
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: `/milestones${NUMBER}`,
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: `/pulls${NUMBER}`,
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: `/git/trees${SHA}`,
};

/** What GitHub counts and nobody here has. */
const NUMBERS = ['forks', 'forks_count', 'open_issues', 'open_issues_count', 'stargazers_count', 'watchers'] as const;

/** As `repository` has it, wherever one is shown. */
export async function repositoryJson(host: Host, repository: Repository): Promise<Record<string, unknown>> {
  const { id, name, git, settings } = repository;
  const url = repositoryUrl(host, repository);
  const html = `${host.web}/acme/${name}`;
  return {
    id,
    node_id: nodeId('Repository', id),
    name,
    full_name: `acme/${name}`,
    owner: userJson(host.api, OWNER),
    private: true,
    visibility: 'private',
    html_url: html,
    description: null,
    fork: false,
    url,
    ...Object.fromEntries(Object.entries(ADDRESSES).map(([field, path]) => [field, `${url}${path}`])),
    clone_url: `${html}.git`,
    git_url: `git://${new URL(host.web).host}/acme/${name}.git`,
    ssh_url: `git@${new URL(host.web).hostname}:acme/${name}.git`,
    svn_url: html,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    ...Object.fromEntries(NUMBERS.map((field) => [field, 0])),
    watchers_count: 0,
    size: 1,
    default_branch: await defaultBranch(git),
    has_issues: true,
    has_projects: true,
    has_wiki: true,
    has_pages: false,
    has_downloads: true,
    has_discussions: false,
    archived: settings.archived,
    disabled: false,
    allow_auto_merge: settings.autoMergeAllowed,
    pushed_at: '2026-01-01T00:00:00Z',
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
  };
}
