import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Log } from '../../shared/log.ts';
import { gatewayEvent, readBody, writeReply } from './gateway.ts';
import { answerInvoke, type InvocableFunction, invokedFunction } from './lambda-api.ts';
import { listenOnLoopback } from './loopback.ts';

export interface HttpServerOptions {
  /** 0 for a free one. */
  readonly port: number;
  /** receive-push. */
  readonly receive: (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;
  readonly functions: Readonly<Record<string, InvocableFunction>>;
  readonly log: Log;
}

export interface HttpServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Takes no more requests, and waits for those in work. */
  stop(): Promise<void>;
}

/** A sender that says nothing for so long is let go. */
const REQUEST_TIMEOUT_MILLIS = 30_000;

/**
 * The runtime's HTTP end, on loopback: pushes as through API Gateway, and Lambda's Invoke.
 *
 * @throws SluiceError `config-invalid` where the port is taken
 */
export async function startHttpServer({ port, receive, functions, log }: HttpServerOptions): Promise<HttpServer> {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request);
    if (body === undefined) {
      response.writeHead(413, { connection: 'close' }).end();
      return;
    }
    const name = invokedFunction(request);
    if (name !== undefined) {
      return answerInvoke(request, response, body, functions[name]);
    }
    writeReply(response, await receive(gatewayEvent(request, body)));
  };
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MILLIS }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      log.error('request failed', { error });
      if (response.headersSent) {
        response.destroy();
      } else {
        response.writeHead(500).end();
      }
    });
  });
  const { host, drain } = await listenOnLoopback(server, port);
  return { url: `http://${host}`, stop: drain };
}
