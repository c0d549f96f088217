import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, SluiceError } from '../../shared/errors.ts';

/** A server that listens on this machine alone. */
export interface Loopback {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** Takes no more requests, and waits for those in work. */
  readonly drain: () => Promise<void>;
  /** Ends it at once, with whatever is in work. */
  readonly close: () => Promise<void>;
}

/**
 * Makes a server listen on loopback.
 *
 * @param port 0 for a free one
 * @throws SluiceError `config-invalid` where the port is taken
 */
export async function listenOnLoopback(server: Server, port: number): Promise<Loopback> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('listening', resolve).once('error', reject).listen(port, '127.0.0.1');
  try {
    await promise;
  } catch (cause) {
    throw new SluiceError({
      code: 'config-invalid',
      subject: `port ${port}`,
      expected: 'a free port of this machine',
      found: messageOf(cause),
      next: 'Choose another with --port.',
      cause,
    });
  }
  const closed = async () => {
    await new Promise((done) => server.close(done));
  };
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async drain() {
      const ended = closed();
      server.closeIdleConnections();
      await ended;
    },
    async close() {
      server.closeAllConnections();
      await closed();
    },
  };
}
