import middy, { type MiddyfiedHandler } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, EventBridgeEvent } from 'aws-lambda';
import { readPushEndpoints } from '../../shared/composition/endpoints.ts';
import type { FunctionBase, OpenFunction } from '../../shared/composition/function-base.ts';
import { lambdaEntry } from '../../shared/composition/lambda.ts';
import { inlineSender } from '../../shared/queue/inline-sender.ts';
import { httpRefusals, reply, sourceOf } from './http-refusals.ts';
import { receiveOperations } from './operations.ts';
import { type Received, type ReceivePorts, receivePush } from './receive.ts';
import { receiveEvent } from './receive-event.ts';

/** A request of API Gateway, payload format 2.0, or what EventBridge invokes with; the source looks closer. */
type PushEvent = APIGatewayProxyEventV2 | EventBridgeEvent<string, unknown>;

/**
 * Takes `POST /push/{source}` and events of EventBridge.
 *
 * @throws SluiceError for an event that cannot be read or queued: Lambda tries again, then keeps it as a dead letter
 */
export function createHandler(ports: ReceivePorts): MiddyfiedHandler<PushEvent, APIGatewayProxyStructuredResultV2> {
  return middy<PushEvent, APIGatewayProxyStructuredResultV2>(async (event: PushEvent) => {
    const received = 'rawPath' in event ? await receiveRequest(event, ports) : await receiveEvent(event, ports);
    return received === undefined ? reply(404, { reason: 'expected POST /push/{source}' }) : reply(202, received);
  }).use(httpRefusals(ports.log));
}

/** Undefined for a request that is no push. Names of headers are in small letters: API Gateway gives them so. */
async function receiveRequest(event: APIGatewayProxyEventV2, ports: ReceivePorts): Promise<Received | undefined> {
  const source = sourceOf(event);
  if (source === undefined || event.requestContext.http.method !== 'POST') {
    return undefined;
  }
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  return receivePush(source, { headers: event.headers, body }, ports);
}

/** Opens receive-push: it can send to one queue. */
export async function open(base: FunctionBase): Promise<OpenFunction<PushEvent, APIGatewayProxyStructuredResultV2>> {
  const { log, now } = base.connection;
  const endpoints = await readPushEndpoints(base.connection);
  const ports = { endpoints, pushes: base.sender('pushes'), log, now };
  const again = async (event: string) => receiveEvent(JSON.parse(event), ports);
  return {
    handler: createHandler(ports),
    operations: receiveOperations({
      endpoints,
      pushUrl: base.pushUrl,
      deadLetters: base.deadLetters((own) => inlineSender(again, { deadLetters: own, log })),
    }),
  };
}

export const handler = lambdaEntry('receive-push', process.env, open);
