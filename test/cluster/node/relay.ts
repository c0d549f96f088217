import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';

/** A listener that hands every connection on. */
export interface Relay {
  /** Drops its connections and frees the port; safe to call twice. */
  close(): Promise<void>;
}

/** Listens on a port of `address` and hands every connection on to the same port of 127.0.0.1, where the test's servers listen. */
export async function startRelay(address: string, port: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (inner) => {
    const outer = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    for (const socket of [inner, outer]) sockets.add(socket.on('close', () => sockets.delete(socket)));
    // An error of the one ends the other, which is all that there is to do about it.
    pipeline(inner, outer, () => undefined);
    pipeline(outer, inner, () => undefined);
  });
  server.listen(port, address);
  await once(server, 'listening');
  // A forgotten relay must not keep the test runner alive.
  server.unref();
  return {
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
