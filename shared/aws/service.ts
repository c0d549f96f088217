import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import { readBody } from '../http/body.ts';
import { HttpClient } from '../http/client.ts';
import * as z from '../schema.ts';
import { AwsError, awsFailure } from './failure.ts';
import { type AwsCredentials, signedHeaders } from './sign.ts';

export interface CallOptions {
  /** How long one attempt may take. */
  readonly timeoutMillis?: number;
  readonly attempts?: number;
  /** Ends the call early, which throws. */
  readonly signal?: AbortSignal | undefined;
}

/** One service of AWS in one region. */
export interface AwsService {
  /**
   * Calls an operation. What may pass is tried again, a write too: whoever writes must bear to have written twice.
   *
   * @param input as its API reference has it
   * @param reply what is read of the answer
   * @throws AwsError where it is refused, or where no attempt was answered
   */
  call<T>(operation: string, input: object, reply: z.ZodMiniType<T>, options?: CallOptions): Promise<T>;
}

export interface AwsServiceOptions {
  /** As signatures name it. */
  readonly name: string;
  readonly target: string;
  readonly contentType: string;
  readonly region: () => string;
  readonly endpoint: () => string;
  readonly credentials: () => Promise<AwsCredentials>;
}

/** A service that does not answer must not use up a function's whole time. */
const TIMEOUT_MILLIS = 5_000;
const ATTEMPTS = 3;
const FIRST_PAUSE_MILLIS = 100;
/** The longest are ten messages of a queue, of 1 MiB each. */
const MAX_REPLY_BYTES = 16 * 1024 * 1024;

/** Connections are shared by all services. */
const client = new HttpClient();

/** https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization; DynamoDB has a small m. */
const failure = z.partial(z.object({ __type: z.string(), message: z.string(), Message: z.string() }));

/** Speaks to a service by AWS's JSON protocol. Its client for Node would be ten times larger and slower to load. */
export function openAwsService(service: AwsServiceOptions): AwsService {
  return {
    async call(operation, input, reply, options = {}) {
      const { attempts = ATTEMPTS, signal } = options;
      for (let attempt = 1; ; attempt += 1) {
        try {
          return reply.parse(await send(service, operation, JSON.stringify(input), options));
        } catch (error) {
          if (attempt === attempts || signal?.aborted === true || awsFailure(error).kind !== 'away') {
            throw error;
          }
          await sleep(FIRST_PAUSE_MILLIS * 2 ** (attempt - 1) * (0.5 + Math.random()));
        }
      }
    },
  };
}

async function send(
  { name, target, contentType, region, endpoint, credentials }: AwsServiceOptions,
  operation: string,
  body: string,
  { timeoutMillis = TIMEOUT_MILLIS, signal }: CallOptions,
): Promise<unknown> {
  const url = new URL(`${endpoint().replace(/\/$/, '')}/`);
  const headers = signedHeaders({
    url,
    headers: { 'content-type': contentType, 'x-amz-target': `${target}.${operation}` },
    body,
    service: name,
    region: region(),
    credentials: await credentials(),
    at: Date.now(),
  });
  const timeout = AbortSignal.timeout(timeoutMillis);
  const ended = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  let status: number;
  let read: Buffer | undefined;
  try {
    const sent = await client.send({ method: 'POST', url, headers, body, signal: ended, mayRepeat: true });
    status = sent.status;
    read = await readBody(sent.body, MAX_REPLY_BYTES);
  } catch (cause) {
    throw new AwsError('NoAnswer', reasonOf(cause, timeoutMillis), { cause });
  }
  const json = read && parse(read.toString('utf8'));
  if (status < 300 && json !== undefined) {
    return json;
  }
  const {
    __type: type = 'UnreadableReply',
    message,
    Message = `status ${status}`,
  } = failure.safeParse(json).data ?? {};
  // `com.amazonaws.sqs#QueueDoesNotExist`
  throw new AwsError(type.split('#').at(-1) ?? type, message ?? Message, { status });
}

function reasonOf(cause: unknown, timeoutMillis: number): string {
  return cause instanceof Error && cause.name === 'TimeoutError'
    ? `nothing within ${timeoutMillis / 1000} seconds`
    : messageOf(cause);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text === '' ? '{}' : text);
  } catch {
    return undefined;
  }
}
