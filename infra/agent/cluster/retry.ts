import { setTimeout as sleep } from 'node:timers/promises';
import { isSluiceError, type SluiceError } from '../../../shared/errors.ts';
import { retryAfterSeconds } from '../../../shared/http/retry-after.ts';
import type { Log } from '../../../shared/log.ts';
import { type ApiClient, type ApiReply, type ApiRequest, refusalOf } from './client.ts';
import { TimedOut } from './exchange.ts';

/** How long one request is repeated. */
export interface RetryLimits {
  /** Where the server asks for patience, as client-go has it. */
  readonly tries: number;
  /** Where it only says that it cannot, or says nothing: it may be away for long, as an aggregated API is, and everything waits. */
  readonly triesUnasked: number;
  /** No try begins later than so long after the first, in milliseconds. */
  readonly withinMillis: number;
  /** Before the second try, twice as long before each after it; in milliseconds. */
  readonly firstPauseMillis: number;
  /** Whatever the server asks for. */
  readonly maxPauseMillis: number;
}

/** https://github.com/kubernetes/client-go/blob/master/rest/with_retry.go asks ten times more at most. */
export const RETRY_LIMITS: RetryLimits = {
  tries: 11,
  triesUnasked: 5,
  withinMillis: 60_000,
  firstPauseMillis: 200,
  maxPauseMillis: 10_000,
};

/** Pauses are this much longer at most, so that what was refused together does not come back together. */
const JITTER = 0.3;

export interface RetryOptions {
  /** End the wait: what was refused is given as it is. */
  readonly ended?: () => readonly AbortSignal[];
  readonly log?: Pick<Log, 'debug'>;
  readonly limits?: RetryLimits;
}

/** The network between us and a server that is there: https://nodejs.org/api/errors.html#common-system-errors */
const BROKEN: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED']);
/** No server; where none was ever reached it is the wrong place, which is told at once. */
const AWAY: ReadonlySet<unknown> = new Set([
  ...['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'ENOTFOUND', 'EAI_AGAIN'],
]);
const UNAVAILABLE: ReadonlySet<number> = new Set([502, 503, 504]);
/** What etcd says through the API server, with status 500, while it has no leader or too much to do. */
const ETCD = /\betcdserver: |\bcode = Unavailable\b/;

/** The same way to the API, by which a request that may be repeated is repeated where it was refused for now. */
export function retrying(request: ApiClient, options: RetryOptions = {}): ApiClient {
  const { limits = RETRY_LIMITS } = options;
  let wasReached = false;
  const tryOnce = async (apiRequest: ApiRequest): Promise<ApiReply | SluiceError> => {
    try {
      const reply = await request(apiRequest);
      wasReached = true;
      return reply;
    } catch (error) {
      if (isSluiceError(error, 'cluster-unreachable')) {
        return error;
      }
      throw error;
    }
  };
  return async (apiRequest) => {
    const began = performance.now();
    for (let tries = 1; ; tries += 1) {
      const came = await tryOnce(apiRequest);
      const wanted = isRepeatable(apiRequest) ? pauseOf(came, tries, wasReached, limits) : undefined;
      const isInTime = wanted !== undefined && performance.now() + wanted - began < limits.withinMillis;
      if (!isInTime || !(await pause(wanted, apiRequest, options))) {
        return settle(came, tries);
      }
      const { method = 'GET', path } = apiRequest;
      options.log?.debug('request repeated', {
        method,
        path,
        tries,
        after: Math.round(wanted),
        reason: reasonOf(came),
      });
    }
  };
}

/**
 * May a request reach the server twice? What reads; server-side apply, which says how the object is to be; a deletion of
 * one very object; and what keeps nothing.
 */
export function isRepeatable({ method = 'GET', path, contentType, body }: ApiRequest): boolean {
  if (method === 'GET' || path.includes('dryRun=All')) {
    return true;
  }
  if (method === 'PATCH') {
    return contentType === 'application/apply-patch+yaml' || hasVersion(body);
  }
  const { preconditions, dryRun } = (body ?? {}) as {
    readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
    readonly dryRun?: unknown;
  };
  const isOfOne = preconditions?.uid !== undefined || preconditions?.resourceVersion !== undefined;
  return method === 'DELETE' && (isOfOne || dryRun !== undefined);
}

/** A JSON Patch that replaces the version that was read meets a conflict where it was done already. */
function hasVersion(body: unknown): boolean {
  return Array.isArray(body) && body.some(({ path }) => path === '/metadata/resourceVersion');
}

/** How long to wait for another try, in milliseconds; undefined where none is right. */
function pauseOf(
  came: ApiReply | SluiceError,
  tries: number,
  wasReached: boolean,
  { tries: triesAsked, triesUnasked, firstPauseMillis, maxPauseMillis }: RetryLimits,
): number | undefined {
  const usual = firstPauseMillis * 2 ** (tries - 1) * (1 + JITTER * Math.random());
  if ('code' in came) {
    return tries < triesUnasked && isBroken(came, wasReached) ? Math.min(usual, maxPauseMillis) : undefined;
  }
  const asked = retryAfterSeconds(came.retryAfter, Date.now()) * 1000;
  const isAsked = !Number.isNaN(asked) && (came.status === 429 || came.status >= 500);
  if (!(isAsked || isForNow(came)) || tries >= (isAsked || came.status === 429 ? triesAsked : triesUnasked)) {
    return undefined;
  }
  return Math.min(isAsked ? Math.max(asked, usual) : usual, maxPauseMillis);
}

function isBroken({ cause }: SluiceError, wasReached: boolean): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return cause instanceof TimedOut || BROKEN.has(code) || (wasReached && AWAY.has(code));
}

/** A webhook that does not answer is no reason: each object that it is asked about would wait for it. */
function isForNow({ status, body }: ApiReply): boolean {
  const { message = '' } = refusalOf(body) ?? {};
  return status === 429 || (UNAVAILABLE.has(status) && !isOfWebhook(message)) || (status === 500 && isOfEtcd(message));
}

function isOfEtcd(message: string): boolean {
  return ETCD.test(message) && !isOfWebhook(message);
}

function isOfWebhook(message: string): boolean {
  return message.includes('webhook');
}

/** False where it was ended before its time. */
async function pause(millis: number, { signal }: ApiRequest, { ended }: RetryOptions): Promise<boolean> {
  const signals = [...(ended?.() ?? []), ...(signal === undefined ? [] : [signal])];
  try {
    await sleep(millis, undefined, { signal: AbortSignal.any(signals) });
    return true;
  } catch {
    return false;
  }
}

function settle(came: ApiReply | SluiceError, tries: number): ApiReply {
  if ('code' in came) {
    throw came;
  }
  return { ...came, tries };
}

function reasonOf(came: ApiReply | SluiceError): string {
  return 'code' in came ? came.found : `status ${came.status}`;
}
