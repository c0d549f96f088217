import { readBody } from '../../../shared/http/body.ts';
import type { ClusterAccess } from './kubeconfig.ts';

/** One request as it goes over the wire. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Until the whole answer is there. */
  readonly timeoutMillis: number;
  /** Ends it before its time. */
  readonly signal: AbortSignal | undefined;
  /** Throws where it may no longer be sent: asked last of all, once there is a connection. */
  readonly check: (() => void) | undefined;
}

/** What an exchange ends with that took too long. */
export class TimedOut extends Error {}

/**
 * Sends a request and reads the answer, of any length: the API server is trusted.
 *
 * @throws what broke it off: `TimedOut`, the signal's or the check's reason, a fault of the network
 */
export async function exchange(
  { server, client }: Pick<ClusterAccess, 'server' | 'client'>,
  { method, path, headers, body, timeoutMillis, signal, check }: Exchange,
): Promise<{ readonly status: number; readonly text: string; readonly retryAfter: string | undefined }> {
  const ended = new AbortController();
  const end = () => ended.abort(signal?.reason);
  // Of thousands of requests none leaves anything behind: neither a timer nor a listener.
  const timer = setTimeout(() => ended.abort(new TimedOut()), timeoutMillis);
  signal?.addEventListener('abort', end);
  try {
    if (signal?.aborted === true) {
      end();
    }
    const url = new URL(`${server}${path}`);
    // What may be sent twice, and after which pause, is decided where tries are counted.
    const request = { method, url, headers, body, check, mayRepeat: false, signal: ended.signal };
    const { status, headers: answered, body: content } = await client.send(request);
    const whole = await readBody(content, Number.POSITIVE_INFINITY);
    return { status, text: whole?.toString('utf8') ?? '', retryAfter: answered.get('retry-after') };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}
