import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below 32768, where Linux takes the ports of outgoing connections from: none of those takes it meanwhile. */
const FIRST = 20_000;
const COUNT = 12_000;

/** A TCP port on 127.0.0.1 that was free a moment ago, and stays so unless another test draws it too. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (isFree) {
      server.close();
      await once(server, 'close');
      return port;
    }
  }
}
