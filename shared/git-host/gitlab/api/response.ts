import { withoutUser } from '../../../git/address.ts';
import type { HttpHeaders } from '../../../http/client.ts';
import * as z from '../../../schema.ts';

/** A response that was read whole. */
export interface GitLabResponse {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: Buffer;
}

/** https://docs.gitlab.com/api/rest/troubleshooting/: `error` is OAuth's, `message` GitLab's own. */
const said = z.object({
  error: z.optional(z.string()),
  error_description: z.optional(z.string()),
  scope: z.optional(z.string()),
  message: z.optional(z.unknown()),
});

/** Does it refuse because the token has not the scope? */
export function isAboutScope(response: GitLabResponse): boolean {
  return bodyOf(response)?.error === 'insufficient_scope';
}

const MAX_WORDS = 600;

/** What the host said, as one line. */
export function wordsOf(response: GitLabResponse): string {
  const body = bodyOf(response);
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
  return words === '' ? `status ${response.status}` : `${withoutUser(words)} (status ${response.status})`;
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

function bodyOf({ body }: GitLabResponse): z.infer<typeof said> | undefined {
  try {
    return said.safeParse(JSON.parse(body.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
