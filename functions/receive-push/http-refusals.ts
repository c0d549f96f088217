import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { isSluiceError, messageOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { refusalStatus } from './refusal.ts';

/**
 * Middleware that answers a request which failed: with a refusal where that is the sender's fault, else so that it
 * tries again. Events that came by no request fail as they are, and so does what had too little time.
 */
export function httpRefusals(log: Log): MiddlewareObj<object, APIGatewayProxyStructuredResultV2> {
  return {
    onError({ event, error }): APIGatewayProxyStructuredResultV2 | undefined {
      if (!isRequest(event) || error?.name === 'TimeoutError') {
        return undefined;
      }
      const source = sourceOf(event);
      const status = refusalStatus(error);
      if (status === undefined) {
        if (!isSluiceError(error, 'queue-unavailable')) {
          log.error('push not taken', { source, error });
        }
        return reply(503, { reason: 'the queue does not take it now' });
      }
      log.warn('push refused', { source, error });
      // Who proves nothing is told nothing.
      return status === 401 ? { statusCode: 401 } : reply(status, { reason: messageOf(error) });
    },
  };
}

/** The source that a request's path names: `/push/{source}`. */
export function sourceOf({ rawPath }: Pick<APIGatewayProxyEventV2, 'rawPath'>): string | undefined {
  return /^\/push\/([a-z-]+)\/?$/.exec(rawPath)?.[1];
}

export function reply(statusCode: number, body: object): APIGatewayProxyStructuredResultV2 {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function isRequest(event: object): event is APIGatewayProxyEventV2 {
  return 'rawPath' in event;
}
