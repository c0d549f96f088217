import { isSluiceError, messageOf, SluiceError } from '../../../shared/errors.ts';
import { isUntrustedCertificate } from '../../../shared/http/untrusted-certificate.ts';
import { parseJson, printJson } from '../../../shared/yaml/json.ts';
import type { Status } from './api-types.ts';
import { exchange, TimedOut } from './exchange.ts';
import type { ClusterAccess } from './kubeconfig.ts';

/** What the API answered. */
export interface ApiReply {
  readonly status: number;
  /** Undefined where it was no JSON. */
  readonly body: unknown;
  /** How long the server wants to be left alone, as its header says it. */
  readonly retryAfter?: string | undefined;
  /** How often it was asked for this; the tries before may have been done though no answer came. */
  readonly tries?: number;
}

/** What is asked of the API. */
export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: unknown;
  /** Ends it before its time. */
  readonly signal?: AbortSignal;
  /** Throws where it may no longer be sent: asked last of all, once there is a connection. */
  readonly check?: () => void;
}

/** Sends a request to the API server. @throws SluiceError `cluster-unreachable` */
export type ApiClient = (apiRequest: ApiRequest) => Promise<ApiReply>;

/** @param timeoutMillis for one request */
export function openApiClient(access: ClusterAccess, timeoutMillis: number): ApiClient {
  return async ({ method = 'GET', path, accept = 'application/json', contentType, body, signal, check }) => {
    const send = async () =>
      exchange(access, {
        ...{ method, path, timeoutMillis, signal, check },
        headers: { ...(await access.headers()), accept, ...(contentType && { 'content-type': contentType }) },
        body: body === undefined ? undefined : printJson(body),
      });
    try {
      const first = await send();
      if (first.status !== 401 || access.refused === undefined) {
        return replyOf(first);
      }
      // Nothing was done: a token that is no longer taken may have been replaced since it was read.
      access.refused();
      return replyOf(await send());
    } catch (error) {
      throw unreachable(access.server, error, timeoutMillis);
    }
  };
}

function replyOf({ status, text, retryAfter }: Awaited<ReturnType<typeof exchange>>): ApiReply {
  return { status, body: parse(text), retryAfter };
}

/**
 * Characters of a refusal that are told. The API server quotes whole values, of which one may be 3 MiB, and each place
 * that tells of it would look through all of it for secrets.
 */
const LONGEST_SAID = 2048;

/** The body of a reply that is no refusal. @throws SluiceError `cluster-refused` */
export function expectOk({ status, body }: ApiReply, subject: string): unknown {
  if (status >= 200 && status < 300) {
    return body;
  }
  const said = refusalOf(body)?.message;
  throw new SluiceError({
    code: 'cluster-refused',
    subject,
    found: said === undefined ? `status ${status}` : shortened(said),
    retryable: status === 429 || status >= 500,
    ...(status === 401 && { next: 'Check the credentials that the kubeconfig names.' }),
    ...(isStatus(body) && { cause: body }),
  });
}

function shortened(said: string): string {
  return said.length > LONGEST_SAID ? `${said.slice(0, LONGEST_SAID)}…` : said;
}

/** A body, where it is a refusal in the API's own words. */
export function refusalOf(body: unknown): Status | undefined {
  return isStatus(body) ? body : undefined;
}

/** The Status behind a refusal of the API; undefined for any other error. */
export function statusOf(error: unknown): Status | undefined {
  return isSluiceError(error, 'cluster-refused') ? refusalOf(error.cause) : undefined;
}

function isStatus(body: unknown): body is Status {
  return typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string';
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

const NAME_AUTHORITY =
  'Its certificate must be of an authority that the kubeconfig names (certificate-authority), or that this machine trusts.';

function unreachable(server: string, error: unknown, timeoutMillis: number): SluiceError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (isSluiceError(cause)) {
    return cause;
  }
  const isTimeout = error instanceof TimedOut;
  return new SluiceError({
    code: 'cluster-unreachable',
    subject: `cluster ${server}`,
    expected: 'an answer of its API',
    found: isTimeout ? `none within ${timeoutMillis / 1000} s` : messageOf(cause),
    ...(isUntrustedCertificate(cause)
      ? { next: NAME_AUTHORITY }
      : { next: 'Check that it runs and that the kubeconfig points to it.', retryable: true }),
    cause,
  });
}

/** The same way to the API, with word of each answer. */
export function withMetrics(
  request: ApiClient,
  answered: (apiRequest: ApiRequest, reply: ApiReply) => void,
): ApiClient {
  return async (apiRequest) => {
    const reply = await request(apiRequest);
    answered(apiRequest, reply);
    return reply;
  };
}
