import { type Host, repositoryUrl } from './api.ts';
import type { CommitObject } from './commit-object.ts';
import type { Repository } from './repository.ts';
import { nodeId, noreply, USERS, userJson } from './users.ts';

/** As `git-commit` has it: the Git Data API's view. */
export function gitCommitJson(host: Host, repository: Repository, commit: CommitObject): Record<string, unknown> {
  const { sha, tree, parents, author, committer, message } = commit;
  const url = repositoryUrl(host, repository);
  return {
    sha,
    node_id: nodeId('Commit', sha),
    url: `${url}/git/commits/${sha}`,
    html_url: htmlUrl(host, repository, sha),
    author,
    committer,
    tree: { sha: tree, url: `${url}/git/trees/${tree}` },
    message,
    parents: parents.map((parent) => ({
      sha: parent,
      url: `${url}/git/commits/${parent}`,
      html_url: htmlUrl(host, repository, parent),
    })),
    verification: verification(commit),
  };
}

/** As `commit` has it: what the history, a comparison and a branch show. */
export function commitJson(host: Host, repository: Repository, commit: CommitObject): Record<string, unknown> {
  const { sha, tree, parents, author, committer, message } = commit;
  const url = repositoryUrl(host, repository);
  return {
    sha,
    node_id: nodeId('Commit', sha),
    url: `${url}/commits/${sha}`,
    html_url: htmlUrl(host, repository, sha),
    comments_url: `${url}/commits/${sha}/comments`,
    commit: {
      url: `${url}/git/commits/${sha}`,
      author,
      committer,
      message,
      comment_count: 0,
      tree: { sha: tree, url: `${url}/git/trees/${tree}` },
      verification: verification(commit),
    },
    author: account(host, author.email),
    committer: account(host, committer.email),
    parents: parents.map((parent) => ({
      sha: parent,
      url: `${url}/commits/${parent}`,
      html_url: htmlUrl(host, repository, parent),
    })),
  };
}

/** Whether GitHub itself signed it. */
function verification({ signature, committer }: CommitObject): Record<string, unknown> {
  const isVerified = signature !== undefined;
  return {
    verified: isVerified,
    reason: isVerified ? 'valid' : 'unsigned',
    signature: signature ?? null,
    payload: isVerified ? 'the commit without its signature' : null,
    verified_at: isVerified ? committer.date : null,
  };
}

/** The account that an address belongs to; null where it is nobody's. */
function account(host: Host, email: string): Record<string, unknown> | null {
  const user = [...USERS, host.app.bot].find((one) => noreply(one) === email);
  return user === undefined ? null : userJson(host.api, user);
}

function htmlUrl({ web }: Host, { name }: Repository, sha: string): string {
  return `${web}/acme/${encodeURIComponent(name)}/commit/${sha}`;
}
