/** A method and the path template by which GitHub's description knows it. */
export interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly path: string;
  /** What a token needs, as GitHub's `x-accepted-github-permissions` says it; `metadata=read` where it is left out. */
  readonly permission?: string;
}

const REPOSITORY = '/repos/{owner}/{repo}';

/** What the double serves of GitHub's REST API. */
export const OPERATIONS = [
  { method: 'get', path: REPOSITORY },
  { method: 'get', path: `${REPOSITORY}/branches/{branch}`, permission: 'contents=read' },
  { method: 'get', path: `${REPOSITORY}/compare/{basehead}`, permission: 'contents=read' },
  { method: 'get', path: `${REPOSITORY}/commits`, permission: 'contents=read' },
  { method: 'get', path: `${REPOSITORY}/contents/{path}`, permission: 'contents=read' },
  { method: 'get', path: `${REPOSITORY}/tarball/{ref}`, permission: 'contents=read' },
  { method: 'get', path: `${REPOSITORY}/installation` },
  { method: 'get', path: `${REPOSITORY}/git/ref/{ref}`, permission: 'contents=read' },
  { method: 'post', path: `${REPOSITORY}/git/refs`, permission: 'contents=write' },
  { method: 'patch', path: `${REPOSITORY}/git/refs/{ref}`, permission: 'contents=write' },
  { method: 'get', path: `${REPOSITORY}/git/commits/{commit_sha}`, permission: 'contents=read' },
  { method: 'post', path: `${REPOSITORY}/git/commits`, permission: 'contents=write' },
  { method: 'get', path: `${REPOSITORY}/git/trees/{tree_sha}`, permission: 'contents=read' },
  { method: 'post', path: `${REPOSITORY}/git/trees`, permission: 'contents=write' },
  { method: 'get', path: `${REPOSITORY}/git/blobs/{file_sha}`, permission: 'contents=read' },
  { method: 'post', path: `${REPOSITORY}/git/blobs`, permission: 'contents=write' },
  { method: 'get', path: `${REPOSITORY}/pulls`, permission: 'pull_requests=read' },
  { method: 'post', path: `${REPOSITORY}/pulls`, permission: 'pull_requests=write' },
  { method: 'get', path: `${REPOSITORY}/pulls/{pull_number}`, permission: 'pull_requests=read' },
  { method: 'patch', path: `${REPOSITORY}/pulls/{pull_number}`, permission: 'pull_requests=write' },
  { method: 'put', path: `${REPOSITORY}/pulls/{pull_number}/merge`, permission: 'contents=write' },
  {
    method: 'post',
    path: `${REPOSITORY}/issues/{issue_number}/labels`,
    permission: 'issues=write; pull_requests=write',
  },
  {
    method: 'post',
    path: `${REPOSITORY}/issues/{issue_number}/assignees`,
    permission: 'issues=write; pull_requests=write',
  },
  {
    method: 'post',
    path: `${REPOSITORY}/issues/{issue_number}/comments`,
    permission: 'issues=write; pull_requests=write',
  },
  { method: 'post', path: `${REPOSITORY}/statuses/{sha}`, permission: 'statuses=write' },
  { method: 'get', path: '/orgs/{org}/packages/{package_type}/{package_name}/versions' },
  { method: 'get', path: '/users/{username}/packages/{package_type}/{package_name}/versions' },
  { method: 'post', path: '/app/installations/{installation_id}/access_tokens' },
  { method: 'get', path: '/rate_limit' },
] as const satisfies readonly Operation[];
