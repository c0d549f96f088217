import { createServer, type IncomingMessage, type RequestOptions, request, type ServerResponse } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A reverse proxy that can hold a request on its way, so that a test can kill the sender just there. */
export interface Gate {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /**
   * Holds the next request that fits until its sender is gone.
   *
   * @param where `before` it reaches the server, or `after` the server has done it and before its reply comes back
   * @returns a promise that is kept when one is held
   */
  hold(where: 'before' | 'after', fits: (method: string, target: string) => boolean): Promise<void>;
  /** From now on every request is answered with this status, and reaches nobody; undefined lets them pass again. */
  refuse(status: number | undefined): void;
  /** While it hangs every request is taken, and never answered. */
  hang(isHanging: boolean): void;
  stop(): Promise<void>;
}

interface Hold {
  readonly where: 'before' | 'after';
  readonly fits: (method: string, target: string) => boolean;
  readonly held: () => void;
}

/**
 * Starts a gate before `target`, which is `127.0.0.1:PORT`. The `Host` header stays as the client wrote it.
 *
 * @param certificateAuthority in PEM, where the target speaks TLS; the gate itself never does
 * @param headers in the place of the client's, by names in small letters
 */
export async function startGate(
  target: string,
  certificateAuthority?: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Gate> {
  let next: Hold | undefined;
  let refused: number | undefined;
  let isHanging = false;
  const send =
    certificateAuthority === undefined
      ? request
      : (options: RequestOptions, answered: (reply: IncomingMessage) => void) =>
          secureRequest({ ...options, ca: certificateAuthority }, answered);
  const forward = async (incoming: IncomingMessage, response: ServerResponse) => {
    const { method = 'GET', url = '/' } = incoming;
    if (isHanging) {
      return;
    }
    if (refused !== undefined) {
      response.writeHead(refused).end();
      return;
    }
    const hold = next?.fits(method, url) === true ? next : undefined;
    if (hold !== undefined) {
      next = undefined;
    }
    if (hold?.where === 'before') {
      hold.held();
      return;
    }
    const [host = '', port = ''] = target.split(':');
    const onward = send({ host, port, method, path: url, headers: { ...incoming.headers, ...headers } }, (reply) => {
      if (hold !== undefined) {
        reply.resume().on('end', hold.held);
        return;
      }
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(response);
    });
    onward.on('error', () => response.destroy());
    // What the server has been sent is done, though the sender is gone.
    incoming.pipe(onward);
  };
  const server = createServer((incoming, response) => void forward(incoming, response));
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => {
    server.once('listening', resolve);
  });
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async hold(where, fits) {
      await new Promise<void>((held) => {
        next = { where, fits, held };
      });
    },
    refuse(status) {
      refused = status;
    },
    hang(wanted) {
      isHanging = wanted;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
