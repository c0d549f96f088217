import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { listen } from '../../cluster/listener.ts';

/** What the worker is to read. */
export interface Reading {
  readonly host: 'gitlab' | 'github' | 'git';
  readonly url: string;
  readonly api: string;
  readonly work: 'files' | 'changed files' | 'file' | 'head' | 'history' | 'compare' | 'pull requests';
  readonly paths: readonly string[];
}

/** What came of it, and what the process took at most besides what it had at its start. */
export interface Read {
  readonly outcome: unknown;
  readonly bytes: number;
}

/** An answer as it is sent; bytes are gzipped already. */
export type Answer =
  | string
  | Buffer
  | { readonly status: number; readonly body: string | Buffer; readonly headers?: Readonly<Record<string, string>> };

/** What a host answers, by the end of the path that it is asked for; the first that fits counts. */
export type Answers = Readonly<Record<string, Answer | ((query: URLSearchParams) => Answer)>>;

/** A job for the worker, with a host of its own. */
export interface Row {
  readonly work: Reading['work'];
  readonly paths?: readonly string[];
  readonly answers: Answers;
}

/** Has one process read all of these one after the other, each from a repository that answers so. */
export async function readAll(host: Reading['host'], rows: readonly Row[]): Promise<readonly Read[]> {
  const server = await listen(
    createServer((request, response) => {
      const [, row] = /\/acme(?:\/|%2F)shop(\d+)/.exec(request.url ?? '') ?? [];
      respond(rows[Number(row ?? -1)]?.answers ?? {}, request, response);
    }),
  );
  const api = { gitlab: `${server.url}/api/v4`, github: server.url, git: '' }[host];
  const readings = rows.map(({ work, paths = [] }, index): Reading => {
    return { host, url: `${server.url}/acme/shop${index}.git`, api, work, paths };
  });
  const worker = spawn(process.execPath, ['--expose-gc', fileURLToPath(new URL('./read-worker.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    worker.stdin.end(JSON.stringify(readings));
    return JSON.parse(await text(worker.stdout)) as readonly Read[];
  } finally {
    worker.kill();
    await server.close();
  }
}

function respond(answers: Answers, { url = '' }: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const end = Object.keys(answers).find((one) => decodeURIComponent(pathname).endsWith(one));
  const answer = end === undefined ? undefined : answers[end];
  const given = typeof answer === 'function' ? answer(searchParams) : answer;
  const {
    status,
    body,
    headers = {},
  } = typeof given === 'string' || Buffer.isBuffer(given)
    ? { status: 200, body: given }
    : (given ?? { status: 404, body: '{}' });
  const encoding = Buffer.isBuffer(body) ? { 'content-encoding': 'gzip' } : {};
  response.writeHead(status, { 'content-type': 'application/json', ...encoding, ...headers }).end(body);
}
