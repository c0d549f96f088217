import type { SluiceError } from '../../errors.ts';
import { type ErrorRow, errorFrom } from '../error-table.ts';
import { type GitLabResponse, isAboutScope, wordsOf } from './api/response.ts';

/** What was asked, as far as an error tells of it. */
export interface Asked {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  /** Below `/api/v4/`, encoded. */
  readonly path: string;
  readonly hasToken: boolean;
}

const CHECK_CREDENTIALS =
  'Check the credentials of this repository in sluice.yml: a token with the scope client, of the role Developer at least.';
const CHECK_URL = 'Check the url and the branch in sluice.yml.';
const ALLOW_PUSH = 'Allow the account of these credentials to push to the branch.';
const ALLOW_WRITE = 'The account needs the role Developer at least, and an archived project takes no changes.';

/** A project that moved is still found by its old path, but takes nothing there: status 405. */
const MOVED_PROJECT = 'Give the project by its new url in sluice.yml.';

const ABOUT_FILES = /\/repository\/(?:files\/|blobs\/|tree$)/;
/** `404 File Not Found`: https://docs.gitlab.com/api/rest/troubleshooting/#status-codes */
const NAMES_WHAT = /\b404 (?:File|Commit|Tree|invalid revision or path) Not Found\b/;

/** What was asked, and how GitLab refused it. */
interface Refusal extends Asked {
  readonly response: GitLabResponse;
  /** In the words of GitLab. */
  readonly found: string;
}

/** The first that fits. */
const TABLE: readonly ErrorRow<Refusal>[] = [
  {
    fits: ({ response }) => response.status === 401,
    tells: ({ found }) => ({ code: 'git-unauthorized', found, next: CHECK_CREDENTIALS }),
  },
  {
    fits: (refusal) => refusal.response.status === 403 && (!isWrite(refusal) || isAboutScope(refusal.response)),
    tells: ({ found }) => ({ code: 'git-unauthorized', found, next: CHECK_CREDENTIALS }),
  },
  {
    // An update whose file is gone is dropped: what does not come from GitLab itself, and what it says of a project that
    // it had a moment ago or of a blob of a tree, is not enough for that.
    fits: ({ response, method, path, found }) =>
      response.status === 404 && method === 'GET' && ABOUT_FILES.test(path) && !NAMES_WHAT.test(found),
    tells: ({ found }) => ({ code: 'git-unavailable', found, retryable: true }),
  },
  {
    fits: ({ response, found, hasToken }) => response.status === 404 && isHidden(found) && !hasToken,
    tells: ({ found }) => ({
      code: 'git-unauthorized',
      found: `${found}, or nothing to see without a token`,
      next: CHECK_CREDENTIALS,
    }),
  },
  {
    fits: ({ response, found }) => response.status === 404 && isHidden(found),
    tells: ({ found }) => ({
      code: 'git-not-found',
      found: `${found}, or nothing that this token may see`,
      next: CHECK_URL,
    }),
  },
  {
    fits: ({ response }) => response.status === 404 || response.status < 400,
    tells: ({ found }) => ({ code: 'git-not-found', found, next: CHECK_URL }),
  },
  {
    fits: ({ response }) => response.status >= 500 || response.status === 408,
    tells: ({ found }) => ({ code: 'git-unavailable', found, retryable: true }),
  },
  {
    fits: ({ path }) => path.endsWith('/repository/commits'),
    tells: ({ response, found }) => ({
      code: 'git-refused',
      found,
      next: response.status === 405 ? MOVED_PROJECT : ALLOW_PUSH,
    }),
  },
  {
    fits: ({ response }) => response.status === 403,
    tells: ({ found }) => ({ code: 'git-refused', found, next: ALLOW_WRITE }),
  },
  { fits: () => true, tells: ({ found }) => ({ code: 'git-refused', found }) },
];

/** The error for a reply that is no success. */
export function errorOf(subject: string, asked: Asked, response: GitLabResponse): SluiceError {
  return errorFrom(TABLE, subject, { ...asked, response, found: wordsOf(response) });
}

function isWrite({ method }: Asked): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

/** GitLab hides what one may not see, and has no other sign of it. */
function isHidden(found: string): boolean {
  return /\bproject not found/i.test(found);
}
