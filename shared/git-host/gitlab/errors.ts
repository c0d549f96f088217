import * as z from 'zod';
import { type ErrorDetails, SluiceError } from '../../errors.ts';
import { withoutUser } from '../../git/address.ts';
import type { HttpHeaders } from '../../http/client.ts';

/** A reply that was read whole. */
export interface GitLabReply {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: Buffer;
}

/** What was asked, as far as an error tells of it. */
export interface Asked {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  /** Below `/api/v4/`, encoded. */
  readonly path: string;
  readonly hasToken: boolean;
}

const CHECK_CREDENTIALS =
  'Check the credentials of this repository in sluice.yml: a token with the scope api, of the role Developer at least.';
const CHECK_URL = 'Check the url and the branch in sluice.yml.';
const ALLOW_PUSH = 'Allow the account of these credentials to push to the branch.';
const ALLOW_WRITE = 'The account needs the role Developer at least, and an archived project takes no changes.';

/** A project that moved is still found by its old path, but takes nothing there: status 405. */
const NEXT_OF_COMMIT = new Map([[405, 'Give the project by its new url in sluice.yml.']]);
const NEXT = new Map([[403, ALLOW_WRITE]]);

const ABOUT_FILES = /\/repository\/(?:files\/|blobs\/|tree$)/;
/** `404 File Not Found`: https://docs.gitlab.com/api/rest/troubleshooting/#status-codes */
const NAMES_WHAT = /\b404 (?:File|Commit|Tree|invalid revision or path) Not Found\b/;

/** The error for a reply that is no success. */
export function failureOf(subject: string, asked: Asked, reply: GitLabReply): SluiceError {
  return new SluiceError({ subject, ...detailsOf(asked, reply) });
}

type Details = Omit<ErrorDetails, 'subject'>;

function detailsOf({ method, path, hasToken }: Asked, reply: GitLabReply): Details {
  const { status } = reply;
  const found = wordsOf(reply);
  const isWrite = method !== 'GET' && method !== 'HEAD';
  if (status === 401 || (status === 403 && (!isWrite || isAboutScope(reply)))) {
    return { code: 'git-unauthorized', found, next: CHECK_CREDENTIALS };
  }
  if (status === 404 && method === 'GET' && ABOUT_FILES.test(path) && !NAMES_WHAT.test(found)) {
    // An update whose file is gone is dropped: what does not come from GitLab itself, and what it says of a project that
    // it had a moment ago or of a blob of a tree, is not enough for that.
    return { code: 'git-unavailable', found, retryable: true };
  }
  if (status === 404) {
    // GitLab hides what one may not see, and has no other sign of it.
    const isHidden = /\bproject not found/i.test(found);
    return isHidden && !hasToken
      ? { code: 'git-unauthorized', found: `${found}, or nothing to see without a token`, next: CHECK_CREDENTIALS }
      : {
          code: 'git-not-found',
          found: isHidden ? `${found}, or nothing that this token may see` : found,
          next: CHECK_URL,
        };
  }
  if (status >= 500 || status === 408) {
    return { code: 'git-unavailable', found, retryable: true };
  }
  if (status < 400) {
    return { code: 'git-not-found', found, next: CHECK_URL };
  }
  const next = path.endsWith('/repository/commits') ? (NEXT_OF_COMMIT.get(status) ?? ALLOW_PUSH) : NEXT.get(status);
  return { code: 'git-refused', found, ...(next === undefined ? {} : { next }) };
}

/** https://docs.gitlab.com/api/rest/troubleshooting/: `error` is OAuth's, `message` GitLab's own. */
const said = z.object({
  error: z.string().optional(),
  error_description: z.string().optional(),
  scope: z.string().optional(),
  message: z.unknown().optional(),
});

function isAboutScope(reply: GitLabReply): boolean {
  return bodyOf(reply)?.error === 'insufficient_scope';
}

const MAX_WORDS = 600;

/** What the host said, as one line. */
function wordsOf(reply: GitLabReply): string {
  const body = bodyOf(reply);
  const told = [
    ...leavesOf(body?.message),
    ...(body?.error === undefined ? [] : [body.error]),
    ...(body?.error_description === undefined ? [] : [body.error_description]),
    ...(body?.scope === undefined ? [] : [`it needs the scope ${body.scope}`]),
  ];
  const words = told
    .join(': ')
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replace(/[\s.]+$/, '')
    .slice(0, MAX_WORDS);
  return words === '' ? `status ${reply.status}` : `${withoutUser(words)} (status ${reply.status})`;
}

/** Lists by field, and lists in those, are all that GitLab has; what is deeper is not looked at. */
const MAX_DEPTH = 4;

/** Validation errors come as lists, or as lists by field. */
function leavesOf(message: unknown, depth = 0): readonly string[] {
  if (depth > MAX_DEPTH) {
    return [];
  }
  if (Array.isArray(message)) {
    return message.flatMap((one) => leavesOf(one, depth + 1));
  }
  if (typeof message === 'object' && message !== null) {
    return Object.entries(message).flatMap(([field, value]) => [`${field} ${leavesOf(value, depth + 1).join(', ')}`]);
  }
  return typeof message === 'string' || typeof message === 'number' ? [String(message)] : [];
}

function bodyOf({ body }: GitLabReply): z.infer<typeof said> | undefined {
  try {
    return said.safeParse(JSON.parse(body.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
