import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf, SluiceError } from '../../shared/errors.ts';

/** A function that can be invoked by name, and a durable place for invocations that nobody waits for. */
export interface InvocableFunction {
  /** Runs the function with a payload, by an alias of it or none, and gives what it returns. */
  invoke(payload: unknown, qualifier: string | undefined): Promise<unknown>;
  /** Keeps a payload until the function has taken it; undefined where nobody may send it one without waiting. */
  readonly enqueue?: (payload: unknown) => Promise<void>;
}

const INVOKE_PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** The function that a request to the Lambda API names, or undefined where it is no such request. */
export function invokedFunction(request: IncomingMessage): string | undefined {
  const [path = ''] = (request.url ?? '').split('?', 1);
  const name = INVOKE_PATH.exec(path)?.[1];
  return request.method === 'POST' && name !== undefined ? decodeURIComponent(name) : undefined;
}

function qualifierIn({ url = '' }: IncomingMessage): string | undefined {
  return new URLSearchParams(url.split('?', 2)[1]).get('Qualifier') ?? undefined;
}

/**
 * Answers Lambda's Invoke: `RequestResponse` with the function's result, `Event` with 202 once the payload is kept.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export async function answerInvoke(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  target: InvocableFunction | undefined,
): Promise<void> {
  if (target === undefined) {
    return refuseInvoke(response, 404, 'ResourceNotFoundException', 'Function not found');
  }
  let payload: unknown;
  try {
    payload = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch (error) {
    return refuseInvoke(
      response,
      400,
      'InvalidRequestContentException',
      `Could not parse request body: ${messageOf(error)}`,
    );
  }
  if (request.headers['x-amz-invocation-type'] === 'Event') {
    if (target.enqueue === undefined) {
      return refuseInvoke(response, 400, 'InvalidParameterValueException', 'This function takes no events');
    }
    await target.enqueue(payload);
    response.writeHead(202).end();
    return;
  }
  try {
    const result = await target.invoke(payload, qualifierIn(request));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result ?? null));
  } catch (error) {
    const errorType = error instanceof SluiceError ? error.code : 'Error';
    response
      .writeHead(200, { 'content-type': 'application/json', 'x-amz-function-error': 'Unhandled' })
      .end(JSON.stringify({ errorType, errorMessage: messageOf(error) }));
  }
}

/** Refuses a request as Lambda's API does. */
export function refuseInvoke(response: ServerResponse, status: number, type: string, message: string): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type })
    .end(JSON.stringify({ Type: 'User', Message: message }));
}
