import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Log } from '../../shared/log.ts';
import { readBody } from './gateway.ts';
import { listenOnLoopback } from './loopback.ts';

/** Answers a request whose body is there. */
export type AnswerRequest = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void | Promise<void>;

export interface HttpServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Takes no more requests, and waits for those in work. */
  stop(): Promise<void>;
}

/** A sender that says nothing for so long is let go. */
const REQUEST_TIMEOUT_MILLIS = 30_000;

/**
 * Serves HTTP on loopback; a body that is too long is refused, and a fault of ours is 500.
 *
 * @param port 0 for a free one
 * @throws SluiceError `config-invalid` where the port is taken
 */
export async function startHttpServer(port: number, answer: AnswerRequest, log: Log): Promise<HttpServer> {
  const answerWhole = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request);
    if (body === undefined) {
      response.writeHead(413, { connection: 'close' }).end();
      return;
    }
    await answer(request, response, body);
  };
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MILLIS }, (request, response) => {
    answerWhole(request, response).catch((error: unknown) => {
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
