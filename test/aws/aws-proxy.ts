import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { listenOnLoopback } from '../../infra/local/loopback.ts';
import { readSdkCall, type SdkCall } from './sdk-call.ts';

/** What becomes of a call instead of, or before, being answered. */
export interface Fault {
  readonly status: number;
  /** The error's name as the JSON protocol has it: `RequestThrottled`. */
  readonly type: string;
  readonly message: string;
}

/** Decides about each call; undefined lets it pass. A number delays it by so many milliseconds. */
export type FaultPlan = (call: SdkCall) => Fault | number | undefined;

/** SQS's answer to who asks too often: an error of the Query protocol's table, told in JSON. */
export const THROTTLED: Fault = {
  status: 403,
  type: 'RequestThrottled',
  message: 'The request was denied due to request throttling.',
};

/** An invocation as Lambda's Invoke takes it. */
export interface Invocation {
  /** Name or ARN. */
  readonly name: string;
  readonly payload: Buffer;
  /** The alias that it is invoked by. */
  readonly qualifier: string | undefined;
  readonly asynchronous: boolean;
}

/** A reply to Invoke: the result, or an error that the function threw. */
export interface InvocationReply {
  readonly payload: string;
  readonly failed: boolean;
}

export interface AwsProxyOptions {
  /** moto's `http://127.0.0.1:PORT`. */
  readonly target: string;
  readonly callerOf: (accessKeyId: string) => string | undefined;
  /** Runs a function, which moto cannot; undefined where there is none of that name. */
  readonly invoke: (invocation: Invocation) => Promise<InvocationReply | undefined>;
}

export interface AwsProxy {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The calls so far, oldest first. */
  calls(): readonly SdkCall[];
  /** What goes wrong from now on. */
  setPlan(plan: FaultPlan): void;
  stop(): Promise<void>;
}

/** What is between two neighbours: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'expect'];

/** Stands before moto: keeps who called what, breaks what a test wants broken, and answers Lambda's Invoke itself. */
export async function startAwsProxy({ target, callerOf, invoke }: AwsProxyOptions): Promise<AwsProxy> {
  const calls: SdkCall[] = [];
  let plan: FaultPlan = () => undefined;
  const moto = new Pool(target, { connections: 32 });
  const inTurn = turns();

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = 'GET', url: path = '/', headers } = request;
    const body = await buffer(request);
    const call = readSdkCall({ method, path, headers, body }, callerOf);
    calls.push(call);
    const planned = plan(call);
    if (typeof planned === 'object') {
      return refuse(response, planned);
    }
    if (planned !== undefined) {
      await sleep(planned);
    }
    if (call.service === 'lambda' && call.action === 'Invoke') {
      const name = call.resources[0]?.split(':').at(-1) ?? '';
      const asynchronous = headers['x-amz-invocation-type'] === 'Event';
      const qualifier = new URLSearchParams(path.split('?', 2)[1]).get('Qualifier') ?? undefined;
      return answerInvoke(response, asynchronous, await invoke({ name, payload: body, qualifier, asynchronous }));
    }
    const sent = { method, path, headers: without(headers, HOP_BY_HOP), ...(body.length > 0 ? { body } : {}) };
    const { reply, content } = await inTurn(queueOf(call), async () => {
      const answered = await moto.request(sent);
      return { reply: answered, content: await answered.body.arrayBuffer() };
    });
    response.writeHead(reply.statusCode, without(reply.headers, HOP_BY_HOP));
    response.end(Buffer.from(content));
  };
  const server = createServer((request, response) => {
    // A function that is killed leaves its request behind; whoever is still there is told as AWS would.
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) {
        response.destroy();
      } else {
        refuse(response, { status: 500, type: 'InternalFailure', message: String(error) });
      }
    });
  });
  const { host, close } = await listenOnLoopback(server, 0);
  return {
    url: `http://${host}`,
    calls: () => calls,
    setPlan(next) {
      plan = next;
    },
    async stop() {
      await close();
      await moto.destroy();
    },
  };
}

/**
 * The queue of a call. moto deletes a message by a new list of those that are left, and loses what another call adds to
 * the old one meanwhile; a receive fails where the list changes under it.
 */
function queueOf({ service, resources }: SdkCall): string | undefined {
  return service === 'sqs' ? resources[0] : undefined;
}

/** Work of one name is done one after the other; without a name at once. */
function turns() {
  const last = new Map<string, Promise<unknown>>();
  return async <T>(name: string | undefined, work: () => Promise<T>): Promise<T> => {
    if (name === undefined) {
      return work();
    }
    const next = (last.get(name) ?? Promise.resolve()).then(work, work);
    last.set(name, next);
    return next;
  };
}

function without(headers: IncomingHttpHeaders, names: readonly string[]): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}

/** @see https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#x-amzn-query-error */
function refuse(response: ServerResponse, { status, type, message }: Fault): void {
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amzn-query-error': `${type};${status < 500 ? 'Sender' : 'Receiver'}`,
    'x-amzn-errortype': type,
  };
  response.writeHead(status, headers).end(JSON.stringify({ __type: type, message }));
}

function answerInvoke(response: ServerResponse, asynchronous: boolean, reply: InvocationReply | undefined): void {
  if (reply === undefined) {
    refuse(response, { status: 404, type: 'ResourceNotFoundException', message: 'Function not found' });
    return;
  }
  if (asynchronous) {
    response.writeHead(202).end();
    return;
  }
  const failure = reply.failed ? { 'x-amz-function-error': 'Unhandled' } : {};
  response.writeHead(200, { 'content-type': 'application/json', ...failure }).end(reply.payload);
}
