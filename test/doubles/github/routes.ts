import type { ApiRequest, Reply, RepositoryRequest } from './api.ts';
import { getTarball } from './archive.ts';
import { createBlob, getBlob } from './blobs.ts';
import { getBranch } from './branches.ts';
import { compareCommits } from './comparison.ts';
import { getContents } from './contents.ts';
import { createGitCommit, getGitCommit } from './git-commits.ts';
import { listCommits } from './history.ts';
import { createInstallationToken, getInstallation } from './installations.ts';
import { addAssignees, addComment, addLabels } from './issues.ts';
import { OPERATIONS, type Operation } from './operations.ts';
import { listOrganisationVersions, listUserVersions } from './packages.ts';
import { createPull, getPull, listPulls, putMerge, updatePull } from './pull-endpoints.ts';
import { rateLimitJson } from './rate-limit.ts';
import { createRef, getRef, updateRef } from './refs.ts';
import { getRepository } from './repository-json.ts';
import { createStatus } from './statuses.ts';
import { createTree, getTree } from './trees.ts';

type Answer<Request> = (request: Request) => Reply | Promise<Reply>;

/** By method and path template, below `/repos/{owner}/{repo}`. */
const OF_REPOSITORY: Readonly<Record<string, Answer<RepositoryRequest>>> = {
  'get ': getRepository,
  'get /branches/{branch}': getBranch,
  'get /compare/{basehead}': compareCommits,
  'get /commits': listCommits,
  'get /tarball/{ref}': getTarball,
  'get /installation': getInstallation,
  'get /git/ref/{ref}': getRef,
  'post /git/refs': createRef,
  'patch /git/refs/{ref}': updateRef,
  'get /git/commits/{commit_sha}': getGitCommit,
  'post /git/commits': createGitCommit,
  'get /git/trees/{tree_sha}': getTree,
  'post /git/trees': createTree,
  'get /git/blobs/{file_sha}': getBlob,
  'post /git/blobs': createBlob,
  'get /contents/{path}': getContents,
  'get /pulls': listPulls,
  'post /pulls': createPull,
  'get /pulls/{pull_number}': getPull,
  'patch /pulls/{pull_number}': updatePull,
  'put /pulls/{pull_number}/merge': putMerge,
  'post /issues/{issue_number}/labels': addLabels,
  'post /issues/{issue_number}/assignees': addAssignees,
  'post /issues/{issue_number}/comments': addComment,
  'post /statuses/{sha}': createStatus,
};

const OF_ALL: Readonly<Record<string, Answer<ApiRequest>>> = {
  'get /rate_limit': ({ host }) => ({ status: 200, body: rateLimitJson(host.rateLimit) }),
  'get /orgs/{org}/packages/{package_type}/{package_name}/versions': listOrganisationVersions,
  'get /users/{username}/packages/{package_type}/{package_name}/versions': listUserVersions,
  'post /app/installations/{installation_id}/access_tokens': createInstallationToken,
};

const PREFIX = '/repos/{owner}/{repo}';

/** These may hold slashes, encoded or not. */
const LONG = new Set(['branch', 'ref', 'basehead', 'path']);

const TEMPLATES = OPERATIONS.map((operation: Operation) => {
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const source = operation.path.replaceAll(/\/\{(\w+)\}/g, (_, name: string) => {
    return LONG.has(name) ? '(?:/(.*))?' : '/([^/]+)';
  });
  return { operation, names, pattern: new RegExp(`^${source}$`) };
});

/** An operation that a request asks for, with what it fills the template with. */
export interface Route {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
  readonly ofRepository: Answer<RepositoryRequest> | undefined;
  readonly ofAll: Answer<ApiRequest> | undefined;
}

/** Finds the operation for a method and a path, still encoded, below `/api/v3`; undefined for what is not served. */
export function routeOf(method: string, path: string): Route | undefined {
  for (const { operation, pattern, names } of TEMPLATES) {
    const match = operation.method === method.toLowerCase() ? pattern.exec(path) : null;
    if (match !== null) {
      const params = Object.fromEntries(names.map((name, index) => [name, decode(match[index + 1] ?? '')]));
      const isOfRepository = operation.path.startsWith(PREFIX);
      return {
        operation,
        params,
        ofRepository: isOfRepository
          ? OF_REPOSITORY[`${operation.method} ${operation.path.slice(PREFIX.length)}`]
          : undefined,
        ofAll: isOfRepository ? undefined : OF_ALL[`${operation.method} ${operation.path}`],
      };
    }
  }
  return undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
