import { type HttpReply, type HttpRequest, isRead } from './client.ts';

/** What is done with redirects. */
export interface RedirectRule {
  /** How many are followed, one after the other. */
  readonly max: number;
  /**
   * The headers to go on with; undefined gives the redirect as the reply.
   *
   * @throws where it must not be followed
   */
  readonly onto: (to: URL, from: URL) => HttpRequest['headers'] | undefined;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Where a reply sends us; undefined where it does not. */
export function redirectOf({ status, headers }: Pick<HttpReply, 'status' | 'headers'>, from: URL): URL | undefined {
  const target = headers.get('location');
  return REDIRECTS.has(status) && target !== undefined && URL.canParse(target, from.href)
    ? new URL(target, from)
    : undefined;
}

/** What a request ends with that is redirected more often than it may. */
export class TooManyRedirectsError extends Error {
  constructor(max: number) {
    super(`more than ${max} redirects`);
  }
}

/**
 * Sends a request, and whatever only reads to where it is redirected; gives the last reply, and who gave it.
 *
 * @throws TooManyRedirectsError
 */
export async function follow(
  request: HttpRequest,
  send: (request: HttpRequest) => Promise<HttpReply>,
  { max, onto }: RedirectRule,
): Promise<{ readonly reply: HttpReply; readonly from: URL }> {
  let { url, headers } = request;
  for (let redirects = 0; ; redirects += 1) {
    const reply = await send({ ...request, url, headers });
    const to = isRead(request) ? redirectOf(reply, url) : undefined;
    if (to !== undefined && redirects === max) {
      reply.discard();
      throw new TooManyRedirectsError(max);
    }
    const next = to && onto(to, url);
    if (to === undefined || next === undefined) {
      return { reply, from: url };
    }
    reply.discard();
    [url, headers] = [to, next];
  }
}
