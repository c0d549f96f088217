import { createHmac } from 'node:crypto';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, EventBridgeEvent } from 'aws-lambda';
import { createHandler } from '../../../functions/receive-push/handler.ts';
import type { PushEndpoint } from '../../../functions/receive-push/receive.ts';
import { lambdaContext } from '../../../infra/local/lambda-context.ts';
import { openSqliteQueue } from '../../../infra/local/queue/sqlite-queue.ts';
import { openQueueStore } from '../../../infra/local/queue/store.ts';
import { createLog } from '../../../shared/log.ts';
import { type ImagePush, imagePushSchema, readMessage } from '../../../shared/queue/messages.ts';

/** When every delivery of these tests is received. */
export const RECEIVED_AT = '2026-11-24T10:00:00.000Z';
export const DISTRIBUTION_SECRET = 'a secret of the registry';
export const GENERIC_SECRET = 'a secret of CI';
export const HOST = 'registry.example.com';

const ENDPOINTS: readonly PushEndpoint[] = [
  { host: HOST, source: 'distribution', secret: DISTRIBUTION_SECRET },
  { host: 'registry.example.net', source: 'distribution', secret: 'another secret' },
  { host: HOST, source: 'generic', secret: GENERIC_SECRET },
];

export interface Delivered {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Anything but text and bytes is sent as JSON. */
  readonly body: unknown;
}

/** The function with a queue of its own. */
export interface FrontDoor {
  deliver(delivered: Delivered): Promise<APIGatewayProxyStructuredResultV2>;
  /** Invokes the function with an event as it stands, as EventBridge does. */
  invoke(event: unknown): Promise<APIGatewayProxyStructuredResultV2>;
  /** What is queued, oldest first; each is in flight afterwards. */
  queued(): Promise<readonly ImagePush[]>;
  /** The log, one object for each line, without its time. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** Takes the queue away. */
  closeQueue(): void;
}

/** Opens receive-push as the local runtime does, with the queue on SQLite. */
export function openFrontDoor(
  endpoints: readonly PushEndpoint[] = ENDPOINTS,
  now: () => number = () => Date.parse(RECEIVED_AT),
): FrontDoor {
  const store = openQueueStore(':memory:');
  const pushes = openSqliteQueue(store, { name: 'pushes', fifo: false });
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => {
    const { time: _, ...fields } = JSON.parse(line) as Record<string, unknown>;
    lines.push(fields);
  };
  const log = createLog({}, 'debug', { write });
  const handler = createHandler({ endpoints, pushes, log, now });
  return {
    deliver: async (delivered) => handler(eventOf(delivered), lambdaContext('receive-push', 10_000)),
    invoke: async (event) => handler(event as EventBridgeEvent<string, unknown>, lambdaContext('receive-push', 10_000)),
    async queued() {
      const received = await pushes.receive({ max: 10, visibilitySeconds: 60, waitSeconds: 0 });
      return received.map(({ body }) => readMessage(imagePushSchema, body, 'message'));
    },
    lines,
    closeQueue: () => store.close(),
  };
}

/** The secret of a CI job's call, as its header. */
export function signatureOf(body: string | Buffer, secret = GENERIC_SECRET): Readonly<Record<string, string>> {
  return { 'x-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` };
}

/** The secret of the registry, as its header. */
export const bearer: Readonly<Record<string, string>> = { authorization: `Bearer ${DISTRIBUTION_SECRET}` };

/** An event as API Gateway makes it: text as text, bytes as base64. */
export function eventOf({ path = '/push/distribution', method = 'POST', headers = bearer, body }: Delivered) {
  const isBase64Encoded = Buffer.isBuffer(body);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const http = { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' };
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers,
    requestContext: {
      accountId: '000000000000',
      apiId: 'test',
      domainName: 'test.example.com',
      domainPrefix: 'test',
      http,
      requestId: 'test',
      routeKey: '$default',
      stage: '$default',
      time: '24/Nov/2026:10:00:00 +0000',
      timeEpoch: Date.parse(RECEIVED_AT),
    },
    body: isBase64Encoded ? body.toString('base64') : text,
    isBase64Encoded,
  } satisfies APIGatewayProxyEventV2;
}
