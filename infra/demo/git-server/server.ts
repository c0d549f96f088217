import { createServer } from 'node:http';
import { listenOnLoopback } from '../../local/loopback.ts';
import { answerByHttpBackend } from './http-backend.ts';

/** Who may use the server. */
export interface GitUser {
  readonly name: string;
  readonly password: string;
  /** May push. */
  readonly write: boolean;
}

export interface GitServerOptions {
  /** Holds the bare repositories. */
  readonly directory: string;
  /** A free one where it is left out. */
  readonly port?: number;
  /** Anybody may do anything where it is left out. */
  readonly users?: readonly GitUser[];
}

export interface GitServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  stop(): Promise<void>;
}

/** Serves bare repositories over smart HTTP, by git's own `http-backend`, on loopback. */
export async function startGitServer({ directory, port = 0, users }: GitServerOptions): Promise<GitServer> {
  const server = createServer((request, response) => {
    const user = users?.find((one) => request.headers.authorization === basic(one));
    if (users !== undefined && user === undefined) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    const isPush = request.url?.includes('git-receive-pack') === true;
    if (isPush && user?.write === false) {
      response.writeHead(403).end('read only');
      return;
    }
    answerByHttpBackend(directory, user?.name ?? 'anonymous', request, response);
  });
  const { host, close } = await listenOnLoopback(server, port);
  return { url: `http://${host}`, stop: close };
}

function basic({ name, password }: GitUser): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}
