import * as z from 'zod';
import type { SluiceError } from '../../errors.ts';
import { withoutUser } from '../../git/address.ts';
import type { HttpHeaders } from '../../http/client.ts';
import { type ErrorRow, errorFrom } from '../error-table.ts';

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
  readonly reply: GitLabReply;
  /** In the words of GitLab. */
  readonly found: string;
}

/** The first that fits. */
const TABLE: readonly ErrorRow<Refusal>[] = [
  {
    fits: ({ reply }) => reply.status === 401,
    tells: ({ found }) => ({ code: 'git-unauthorized', found, next: CHECK_CREDENTIALS }),
  },
  {
    fits: (refusal) => refusal.reply.status === 403 && (!isWrite(refusal) || isAboutScope(refusal.reply)),
    tells: ({ found }) => ({ code: 'git-unauthorized', found, next: CHECK_CREDENTIALS }),
  },
  {
    // An update whose file is gone is dropped: what does not come from GitLab itself, and what it says of a project that
    // it had a moment ago or of a blob of a tree, is not enough for that.
    fits: ({ reply, method, path, found }) =>
      reply.status === 404 && method === 'GET' && ABOUT_FILES.test(path) && !NAMES_WHAT.test(found),
    tells: ({ found }) => ({ code: 'git-unavailable', found, retryable: true }),
  },
  {
    fits: ({ reply, found, hasToken }) => reply.status === 404 && isHidden(found) && !hasToken,
    tells: ({ found }) => ({
      code: 'git-unauthorized',
      found: `${found}, or nothing to see without a token`,
      next: CHECK_CREDENTIALS,
    }),
  },
  {
    fits: ({ reply, found }) => reply.status === 404 && isHidden(found),
    tells: ({ found }) => ({
      code: 'git-not-found',
      found: `${found}, or nothing that this token may see`,
      next: CHECK_URL,
    }),
  },
  {
    fits: ({ reply }) => reply.status === 404 || reply.status < 400,
    tells: ({ found }) => ({ code: 'git-not-found', found, next: CHECK_URL }),
  },
  {
    fits: ({ reply }) => reply.status >= 500 || reply.status === 408,
    tells: ({ found }) => ({ code: 'git-unavailable', found, retryable: true }),
  },
  {
    fits: ({ path }) => path.endsWith('/repository/commits'),
    tells: ({ reply, found }) => ({
      code: 'git-refused',
      found,
      next: reply.status === 405 ? MOVED_PROJECT : ALLOW_PUSH,
    }),
  },
  {
    fits: ({ reply }) => reply.status === 403,
    tells: ({ found }) => ({ code: 'git-refused', found, next: ALLOW_WRITE }),
  },
  { fits: () => true, tells: ({ found }) => ({ code: 'git-refused', found }) },
];

/** The error for a reply that is no success. */
export function errorOf(subject: string, asked: Asked, reply: GitLabReply): SluiceError {
  return errorFrom(TABLE, subject, { ...asked, reply, found: wordsOf(reply) });
}

function isWrite({ method }: Asked): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

/** GitLab hides what one may not see, and has no other sign of it. */
function isHidden(found: string): boolean {
  return /\bproject not found/i.test(found);
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
