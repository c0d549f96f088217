import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { gatewayEvent, readBody, writeReply } from '../../infra/local/gateway.ts';
import { listenOnLoopback } from '../../infra/local/loopback.ts';
import type { Lambda } from './lambda.ts';
import type { Route } from './stack-template.ts';

/** API Gateway's HTTP API. */
export interface Gateway {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  stop(): Promise<void>;
}

/** Answers the routes of the stack by invoking their functions, payload format 2.0. */
export async function startGateway(
  lambda: Pick<Lambda, 'invoke'>,
  routes: readonly Route[],
  port = 0,
): Promise<Gateway> {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const [path = ''] = (request.url ?? '').split('?', 1);
    const route = routes.find(({ key }) => fits(key, request.method ?? '', path));
    if (route === undefined) {
      return refuse(response, 404, 'Not Found');
    }
    const body = await readBody(request);
    if (body === undefined) {
      return refuse(response, 413, 'Request Entity Too Large');
    }
    const event = { ...gatewayEvent(request, body), routeKey: route.key };
    const outcome = await lambda.invoke(route.functionName, JSON.stringify(event));
    if (outcome === undefined || outcome.failed) {
      return refuse(response, 500, 'Internal Server Error');
    }
    writeReply(response, JSON.parse(outcome.payload) as APIGatewayProxyStructuredResultV2);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const { host, close } = await listenOnLoopback(server, port);
  return { url: `http://${host}`, stop: close };
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html */
function fits(key: string, method: string, path: string): boolean {
  const [verb = '', pattern = ''] = key.split(' ');
  const segments = pattern.split('/').map((segment) => (/^\{.+\+\}$/.test(segment) ? '.+' : segment));
  const expression = segments.map((segment) => (/^\{.+\}$/.test(segment) ? '[^/]+' : segment)).join('/');
  return (verb === 'ANY' || verb === method) && new RegExp(`^${expression}$`).test(path);
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
}
