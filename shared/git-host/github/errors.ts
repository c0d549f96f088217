import { isSluiceError, SluiceError } from '../../errors.ts';
import * as z from '../../schema.ts';
import { type ErrorRow, errorFrom } from '../error-table.ts';
import { type GitHubResponse, isSuccess, wordsOf } from './api/response.ts';

export interface Asked {
  readonly subject: string;
  /** Without credentials GitHub shows no private repository. */
  readonly isAnonymous: boolean;
}

const repositorySchema = z.object({ full_name: z.string(), html_url: z.string(), archived: z.optional(z.boolean()) });

/** How GitHub refused, and what a look at the repository told besides. */
interface Refusal {
  readonly response: GitHubResponse;
  /** In the words of GitHub. */
  readonly found: string;
  readonly isAnonymous: boolean;
  /** Undefined where nobody looked; null where the look told nothing. */
  readonly repository?: z.infer<typeof repositorySchema> | null;
}

const CREDENTIALS = 'Check the credentials of this repository in sluice.yml';
/** Where a URL or a branch is wrong. */
export const CHECK_URL = 'Check the url and the branch in sluice.yml.';

/** The first that fits. */
const TABLE: readonly ErrorRow<Refusal>[] = [
  {
    fits: ({ response, repository }) => isRedirect(response) && repository !== undefined,
    tells: ({ response, repository }) => ({
      code: 'git-not-found',
      expected: 'the repository at this url',
      found: `it moved to ${repository?.html_url ?? withoutQuery(response.headers['location'])}`,
      next: 'Put its new url into sluice.yml.',
    }),
  },
  {
    fits: ({ response, repository }) => response.status === 403 && repository?.archived === true,
    tells: () => ({
      code: 'git-refused',
      expected: 'a repository that takes commits',
      found: 'an archived one (status 403)',
      next: 'Unarchive it, or take it out of sluice.yml.',
    }),
  },
  {
    fits: ({ response, isAnonymous }) => isAnonymous && [401, 403, 404].includes(response.status),
    tells: ({ found }) => ({
      code: 'git-unauthorized',
      expected: 'credentials',
      found: `none, and without them GitHub shows no private repository: ${found}`,
      next: `${CREDENTIALS}, and its url.`,
    }),
  },
  {
    fits: ({ response }) => response.status === 401,
    tells: ({ found }) => ({
      code: 'git-unauthorized',
      expected: 'credentials that GitHub knows',
      found,
      next: `${CREDENTIALS}: a token may have expired or been revoked.`,
    }),
  },
  {
    fits: ({ response }) => response.status === 403 && isSignOn(response),
    tells: ({ found }) => ({
      code: 'git-unauthorized',
      expected: "a token that its owner let into the organization's single sign-on",
      found,
      next: `${CREDENTIALS}: authorize the token for the organization, in its owner's settings.`,
    }),
  },
  {
    fits: ({ response }) => response.status === 403,
    tells: ({ response, found }) => ({
      code: 'git-unauthorized',
      expected: `credentials with ${permissionIn(response)}`,
      found,
      next: `${CREDENTIALS}: they must be given that permission.`,
    }),
  },
  {
    fits: ({ response }) => response.status === 404,
    tells: ({ found }) => ({
      code: 'git-not-found',
      expected: 'a repository that these credentials may see',
      found: `${found}: it does not exist, or is hidden from them`,
      next: 'Check the url in sluice.yml, and that the credentials are for this repository.',
    }),
  },
  {
    fits: ({ response }) => response.status === 409,
    tells: ({ found }) => ({
      code: 'git-not-found',
      expected: 'a repository with a commit',
      found: `${found}: it has no commits yet`,
      next: 'Push a first commit.',
    }),
  },
  {
    fits: ({ response }) => response.status === 408 || response.status >= 500,
    tells: ({ response }) => ({
      code: 'git-unavailable',
      expected: 'an answer of GitHub',
      found: `status ${response.status}`,
      retryable: true,
    }),
  },
  { fits: () => true, tells: ({ found }) => ({ code: 'git-refused', expected: 'that GitHub does as asked', found }) },
];

/**
 * The error for a response that is no success. Where its status may mean several things, the repository is looked at:
 * GitHub's words are for people, and change.
 */
export async function explain(
  response: GitHubResponse,
  { subject, isAnonymous }: Asked,
  look: () => Promise<GitHubResponse>,
): Promise<SluiceError> {
  const isUnclear = isRedirect(response) || (response.status === 403 && !isAnonymous);
  const looked = isUnclear ? { repository: (await factsOf(look)) ?? null } : {};
  return errorFrom(TABLE, subject, { response, found: foundIn(response), isAnonymous, ...looked });
}

/** The same, as far as the response itself tells. */
export function errorOf(response: GitHubResponse, { subject, isAnonymous }: Asked): SluiceError {
  return errorFrom(TABLE, subject, { response, found: foundIn(response), isAnonymous });
}

/** The error for a write that the repository's rules do not allow, in the words of GitHub. */
export function ruledOut(subject: string, response: GitHubResponse): SluiceError {
  return new SluiceError({
    code: 'git-refused',
    subject,
    found: wordsOf(response) || `status ${response.status}`,
    next: 'Allow the account of these credentials to push to the branch.',
  });
}

async function factsOf(look: () => Promise<GitHubResponse>) {
  try {
    const response = await look();
    return isSuccess(response) ? repositorySchema.safeParse(response.data).data : undefined;
  } catch (error) {
    // What was asked first is what is told.
    if (isSluiceError(error)) {
      return undefined;
    }
    throw error;
  }
}

function foundIn(response: GitHubResponse): string {
  return `${wordsOf(response) || 'no reason'} (status ${response.status})`;
}

function isRedirect({ status }: GitHubResponse): boolean {
  return status >= 300 && status < 400;
}

function isSignOn({ headers }: GitHubResponse): boolean {
  return headers['x-github-sso']?.startsWith('required') === true;
}

/**
 * `contents=write,workflows=write; pull_requests=write`: all that stand together, or the next ones.
 *
 * @see https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#resource-not-accessible
 */
function permissionIn({ headers }: GitHubResponse): string {
  const text = (headers['x-accepted-github-permissions'] ?? '')
    .split(';')
    .map((all) => all.trim().replaceAll('=', ': ').replaceAll(',', ' and '))
    .filter((all) => all !== '')
    .join(', or ');
  return text === '' ? 'permission for this' : `the permission ${text}`;
}

function withoutQuery(location: string | undefined): string {
  return location?.replace(/[?#].*$/, '') ?? 'another place';
}
