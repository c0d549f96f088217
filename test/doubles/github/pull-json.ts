import { createHash } from 'node:crypto';
import { type Host, repositoryUrl } from './api.ts';
import { isMergeable } from './merge.ts';
import type { Comment, Pull } from './pull.ts';
import type { Repository } from './repository.ts';
import { repositoryJson } from './repository-json.ts';
import { nodeId, OWNER, userJson } from './users.ts';

/** As `pull-request-simple` has it: what a list shows. */
export async function pullJson(host: Host, repository: Repository, pull: Pull): Promise<Record<string, unknown>> {
  const { number } = pull;
  const url = repositoryUrl(host, repository);
  const self = `${url}/pulls/${number}`;
  const issue = `${url}/issues/${number}`;
  const html = `${host.web}/acme/${repository.name}/pull/${number}`;
  const addresses = {
    comments: `${issue}/comments`,
    commits: `${self}/commits`,
    review_comments: `${self}/comments`,
    statuses: `${url}/statuses/${pull.headSha}`,
  };
  const [user, repo] = [userJson(host.api, OWNER), await repositoryJson(host, repository)];
  const end = (ref: string, sha: string) => ({ label: `acme:${ref}`, ref, sha, user, repo });
  return {
    ...issueFields(host, repository, pull),
    node_id: nodeId('PullRequest', pull.id),
    url: self,
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issue,
    comments_url: addresses.comments,
    commits_url: addresses.commits,
    review_comments_url: addresses.review_comments,
    review_comment_url: `${url}/pulls/comments{/number}`,
    statuses_url: addresses.statuses,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeCommit,
    draft: pull.draft,
    requested_reviewers: [],
    requested_teams: [],
    head: end(pull.branch, pull.headSha),
    base: end(pull.base, pull.baseSha),
    _links: {
      self: { href: self },
      html: { href: html },
      issue: { href: issue },
      review_comment: { href: `${url}/pulls/comments{/number}` },
      ...Object.fromEntries(Object.entries(addresses).map(([name, href]) => [name, { href }])),
    },
    auto_merge:
      pull.autoMerge === null || pull.autoMergeBy === null
        ? null
        : {
            enabled_by: userJson(host.api, pull.autoMergeBy),
            merge_method: pull.autoMerge,
            commit_title: '',
            commit_message: '',
          },
  };
}

/** As `pull-request` has it: what is shown of one alone. */
export async function wholePullJson(host: Host, repository: Repository, pull: Pull): Promise<unknown> {
  const isOpen = pull.state === 'open';
  const mergeable = isOpen ? await isMergeable(repository, pull) : null;
  const state = repository.settings.checksRequired ? 'blocked' : 'clean';
  return {
    ...(await pullJson(host, repository, pull)),
    merged: pull.mergedAt !== null,
    merged_by: pull.mergedBy === null ? null : userJson(host.api, pull.mergedBy),
    mergeable,
    mergeable_state: mergeable === null ? 'unknown' : mergeable ? state : 'dirty',
    maintainer_can_modify: false,
    comments: pull.comments.length,
    review_comments: 0,
    commits: 1,
    additions: 1,
    deletions: 1,
    changed_files: 1,
  };
}

/** As `issue` has it: a pull request seen as the issue that it also is. */
export function issueJson(host: Host, repository: Repository, pull: Pull): unknown {
  const url = repositoryUrl(host, repository);
  const self = `${url}/issues/${pull.number}`;
  const html = `${host.web}/acme/${repository.name}/pull/${pull.number}`;
  return {
    ...issueFields(host, repository, pull),
    node_id: nodeId('Issue', pull.id),
    url: self,
    repository_url: url,
    labels_url: `${self}/labels{/name}`,
    comments_url: `${self}/comments`,
    events_url: `${self}/events`,
    html_url: html,
    comments: pull.comments.length,
    pull_request: { url: `${url}/pulls/${pull.number}`, html_url: html, diff_url: null, patch_url: null },
  };
}

function issueFields(host: Host, repository: Repository, pull: Pull): Record<string, unknown> {
  const assignees = [...pull.assignees].map((user) => userJson(host.api, user));
  return {
    id: pull.id,
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    body: pull.body,
    user: userJson(host.api, pull.user),
    labels: [...pull.labels].map((name) => labelJson(host, repository, name)),
    assignee: assignees[0] ?? null,
    assignees,
    milestone: null,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    author_association: 'MEMBER',
  };
}

/** As `label` has it. */
export function labelJson(host: Host, repository: Repository, name: string): unknown {
  const url = `${repositoryUrl(host, repository)}/labels/${encodeURIComponent(name)}`;
  const id = createHash('sha256').update(name).digest().readUInt32BE();
  return { id, node_id: nodeId('Label', id), url, name, description: '', color: 'ededed', default: false };
}

/** As `issue-comment` has it. */
export function commentJson(host: Host, repository: Repository, pull: Pull, comment: Comment): unknown {
  const url = repositoryUrl(host, repository);
  return {
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    url: `${url}/issues/comments/${comment.id}`,
    html_url: `${host.web}/acme/${repository.name}/pull/${pull.number}#issuecomment-${comment.id}`,
    issue_url: `${url}/issues/${pull.number}`,
    body: comment.body,
    user: userJson(host.api, comment.user),
    created_at: comment.createdAt,
    updated_at: comment.createdAt,
    author_association: 'MEMBER',
  };
}
