import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, EventBridgeEvent } from 'aws-lambda';
import { readPushEndpoints } from '../../shared/connections/endpoints.ts';
import { lambdaEntry } from '../../shared/connections/lambda.ts';
import { isSluiceError, messageOf } from '../../shared/errors.ts';
import { sendingEach } from '../../shared/queue/sending-each.ts';
import { receiveOperations } from './operations.ts';
import { type ReceivePorts, receivePush } from './receive.ts';
import { receiveEvent } from './receive-event.ts';
import { refusalStatus } from './refusal.ts';

/** What EventBridge invokes with; the source looks closer. */
type AwsEvent = EventBridgeEvent<string, unknown>;

/**
 * Takes `POST /push/{source}` of API Gateway, payload format 2.0, and events of EventBridge.
 *
 * @throws SluiceError for an event that cannot be read or queued: Lambda tries again, then keeps it as a dead letter
 */
export function createHandler(ports: ReceivePorts) {
  return middy(
    async (event: APIGatewayProxyEventV2 | AwsEvent): Promise<APIGatewayProxyStructuredResultV2> =>
      'rawPath' in event ? answerRequest(event, ports) : reply(202, await receiveEvent(event, ports)),
  );
}

async function answerRequest(
  event: APIGatewayProxyEventV2,
  ports: ReceivePorts,
): Promise<APIGatewayProxyStructuredResultV2> {
  const source = /^\/push\/([a-z-]+)\/?$/.exec(event.rawPath)?.[1];
  if (source === undefined || event.requestContext.http.method !== 'POST') {
    return reply(404, { reason: 'expected POST /push/{source}' });
  }
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  try {
    return reply(202, await receivePush(source, { headers: event.headers, body }, ports));
  } catch (error) {
    const status = refusalStatus(error);
    if (status === undefined) {
      if (!isSluiceError(error, 'queue-unavailable')) {
        ports.log.error('push not taken', { source, error });
      }
      // The sender tries again.
      return reply(503, { reason: 'the queue does not take it now' });
    }
    ports.log.warn('push refused', { source, error });
    // Who proves nothing is told nothing.
    return status === 401 ? { statusCode: 401 } : reply(status, { reason: messageOf(error) });
  }
}

function reply(statusCode: number, body: object): APIGatewayProxyStructuredResultV2 {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

export const handler = lambdaEntry('receive-push', process.env, async ({ connection, environment, log, ...queues }) => {
  const endpoints = await readPushEndpoints(connection);
  const ports = { endpoints, pushes: queues.sender('pushes'), log, now: connection.now };
  const again = async (event: string) => receiveEvent(JSON.parse(event), ports);
  return {
    handler: createHandler(ports),
    operations: receiveOperations({
      endpoints,
      pushUrl: () => environment.pushUrl,
      deadLetters: {
        open: async () => queues.queue('dead-letters'),
        target: sendingEach(again, { deadLetters: queues.sender('dead-letters'), log }),
      },
    }),
  };
});
