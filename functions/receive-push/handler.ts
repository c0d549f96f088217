import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { readPushEndpoints } from '../../shared/connections/endpoints.ts';
import { lambdaEntry } from '../../shared/connections/lambda.ts';
import { messageOf } from '../../shared/errors.ts';
import { type ReceivePorts, receivePush } from './receive.ts';
import { refusalStatus } from './refusal.ts';

/** Takes `POST /push/{source}` of API Gateway, payload format 2.0. */
export function createHandler(ports: ReceivePorts) {
  return middy(async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
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
        ports.log.error('push not taken', { source, error });
        // The sender tries again.
        return reply(503, { reason: 'the queue does not take it now' });
      }
      ports.log.warn('push refused', { source, error });
      // Who proves nothing is told nothing.
      return status === 401 ? { statusCode: 401 } : reply(status, { reason: messageOf(error) });
    }
  });
}

function reply(statusCode: number, body: object): APIGatewayProxyStructuredResultV2 {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

export const handler = lambdaEntry('receive-push', process.env, async ({ connection, log, sender }) =>
  createHandler({
    endpoints: await readPushEndpoints(connection),
    pushes: await sender('pushes'),
    log,
    now: connection.now,
  }),
);
