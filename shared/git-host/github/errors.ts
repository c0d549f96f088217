import { SluiceError } from '../../errors.ts';
import { type GitHubReply, wordsOf } from './reply.ts';

const CREDENTIALS = 'Check the credentials of this repository in sluice.yml';
/** Where a URL or a branch is wrong. */
export const CHECK_URL = 'Check the url and the branch in sluice.yml.';

/**
 * The error for a status that is no success, as far as the reply itself tells.
 *
 * @param isAnonymous without credentials, GitHub shows no private repository
 */
export function refusalOf(subject: string, reply: GitHubReply, isAnonymous: boolean): SluiceError {
  const { status } = reply;
  const found = `${wordsOf(reply) || 'no reason'} (status ${status})`;
  if (isAnonymous && (status === 401 || status === 403 || status === 404)) {
    return new SluiceError({
      code: 'git-unauthorized',
      subject,
      expected: 'credentials',
      found: `none, and without them GitHub shows no private repository: ${found}`,
      next: `${CREDENTIALS}, and its url.`,
    });
  }
  switch (status) {
    case 401:
      return new SluiceError({
        code: 'git-unauthorized',
        subject,
        expected: 'credentials that GitHub knows',
        found,
        next: `${CREDENTIALS}: a token may have expired or been revoked.`,
      });
    case 403:
      return forbidden(subject, reply, found);
    case 404:
      return new SluiceError({
        code: 'git-not-found',
        subject,
        expected: 'a repository that these credentials may see',
        found: `${found}: it does not exist, or is hidden from them`,
        next: 'Check the url in sluice.yml, and that the credentials are for this repository.',
      });
    case 409:
      return new SluiceError({
        code: 'git-not-found',
        subject,
        expected: 'a repository with a commit',
        found: `${found}: it has no commits yet`,
        next: 'Push a first commit.',
      });
    case 408:
      return unanswered(subject, status);
    default:
      return status >= 500
        ? unanswered(subject, status)
        : new SluiceError({ code: 'git-refused', subject, expected: 'that GitHub does as asked', found });
  }
}

function unanswered(subject: string, status: number): SluiceError {
  const found = `status ${status}`;
  return new SluiceError({ code: 'git-unavailable', subject, expected: 'an answer of GitHub', found, retryable: true });
}

function forbidden(subject: string, { headers }: GitHubReply, found: string): SluiceError {
  const isSignOn = headers['x-github-sso']?.startsWith('required') === true;
  const permission = permissionsIn(headers['x-accepted-github-permissions']);
  const expected = isSignOn
    ? "a token that its owner let into the organization's single sign-on"
    : `credentials with ${permission === undefined ? 'permission for this' : `the permission ${permission}`}`;
  return new SluiceError({
    code: 'git-unauthorized',
    subject,
    expected,
    found,
    next: isSignOn
      ? `${CREDENTIALS}: authorize the token for the organization, in its owner's settings.`
      : `${CREDENTIALS}: they must be given that permission.`,
  });
}

/**
 * `contents=write,workflows=write; pull_requests=write`: all that stand together, or the next ones.
 *
 * @see https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#resource-not-accessible
 */
function permissionsIn(header: string | undefined): string | undefined {
  const text = (header ?? '')
    .split(';')
    .map((all) => all.trim().replaceAll('=', ': ').replaceAll(',', ' and '))
    .filter((all) => all !== '')
    .join(', or ');
  return text === '' ? undefined : text;
}

/** The error for a write that the repository's rules do not allow, in the words of GitHub. */
export function ruledOut(subject: string, reply: GitHubReply): SluiceError {
  return new SluiceError({
    code: 'git-refused',
    subject,
    found: wordsOf(reply) || `status ${reply.status}`,
    next: 'Allow the account of these credentials to push to the branch.',
  });
}
