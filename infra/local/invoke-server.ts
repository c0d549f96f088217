import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Log } from '../../shared/log.ts';
import { type HttpServer, startHttpServer } from './http-server.ts';
import { answerInvoke, type InvocableFunction, invokedFunction, refuseInvoke } from './lambda-api.ts';

export interface InvokeServerOptions {
  /** 0 for a free one. */
  readonly port: number;
  readonly functions: Readonly<Record<string, InvocableFunction>>;
  /** Who may read the state directory knows it. */
  readonly token: string;
  readonly log: Log;
}

const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];
/** Browsers send these: https://fetch.spec.whatwg.org/#origin-header, https://www.w3.org/TR/fetch-metadata/ */
const OF_A_PAGE = ['origin', 'sec-fetch-site', 'sec-fetch-mode', 'sec-fetch-dest'];
const LOOPBACK = /^(127(\.\d+){3}|localhost|\[::1\])(:\d+)?$/i;
/** The access key of a signature: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html */
const ACCESS_KEY = /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\//;

/**
 * Lambda's Invoke on loopback, for the operator's command line and for agents on this machine. The token is their
 * access key.
 *
 * @throws SluiceError `config-invalid` where the port is taken
 */
export async function startInvokeServer({ port, functions, token, log }: InvokeServerOptions): Promise<HttpServer> {
  return startHttpServer(
    port,
    async (request, response, body) => {
      const name = invokedFunction(request);
      if (!isOwn(request)) {
        const message = 'Functions are invoked from this machine alone: forward only the port of pushes, /push/';
        refuseInvoke(response, 403, 'AccessDeniedException', message);
      } else if (!knows(request, token)) {
        const message = "Functions are invoked with the token of the runtime's state directory as the access key";
        refuseInvoke(response, 403, 'UnrecognizedClientException', message);
      } else if (name === undefined) {
        refuseInvoke(response, 404, 'ResourceNotFoundException', 'Expected an invocation of a function');
      } else {
        await answerInvoke(request, response, body, functions[name]);
      }
    },
    log,
  );
}

/** Does it come from a program of this machine? A proxy that says for whom it asks, and a page in a browser, do not. */
function isOwn({ headers }: IncomingMessage): boolean {
  return LOOPBACK.test(headers.host ?? '') && [...FORWARDED, ...OF_A_PAGE].every((name) => headers[name] === undefined);
}

function knows({ headers }: IncomingMessage, token: string): boolean {
  const given = ACCESS_KEY.exec(headers.authorization ?? '')?.[1] ?? '';
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(token));
}
