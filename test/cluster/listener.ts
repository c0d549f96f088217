import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** An HTTP server on a free loopback port. */
export interface Listener {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  /** Drops open connections and resolves when the port is free again. */
  close(): Promise<void>;
}

/** One request as it came in. */
interface RecordedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A listener that keeps what it is sent. */
export interface RecordingListener extends Listener {
  /** Every request so far, oldest first. */
  requests(): readonly RecordedRequest[];
}

/** Binds a server to 127.0.0.1 on a free port. */
export async function listen(server: Server): Promise<Listener> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Starts a listener that answers every request with `status` (default 200) and no body, such as a registry's notification endpoint. */
export async function startRecordingListener(status = 200): Promise<RecordingListener> {
  const requests: RecordedRequest[] = [];
  const record = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests.push({ path: request.url ?? '/', headers: request.headers, body: await text(request) });
    response.writeHead(status).end();
  };
  const server = createServer((request, response) => void record(request, response));
  return { ...(await listen(server)), requests: () => [...requests] };
}
