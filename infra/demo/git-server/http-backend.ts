import { execFileSync, spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Where git keeps the program; asked of it once. */
let program: string | undefined;

/**
 * Hands a request to `git http-backend` by CGI.
 *
 * @see https://git-scm.com/docs/git-http-backend and RFC 3875 for the variables
 */
export function answerByHttpBackend(
  directory: string,
  user: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const [target = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const path = decode(target);
  if (path === undefined) {
    response.writeHead(400).end();
    return;
  }
  program ??= `${execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim()}/git-http-backend`;
  const child = spawn(program, [], {
    cwd: directory,
    env: {
      GIT_PROJECT_ROOT: directory,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method ?? 'GET',
      REMOTE_USER: user,
      REMOTE_ADDR: request.socket.remoteAddress ?? '',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      ...(request.headers['content-length'] === undefined ? {} : { CONTENT_LENGTH: request.headers['content-length'] }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.on('error', () => response.writeHead(500).end());
  child.stdin.on('error', () => {});
  request.pipe(child.stdin);
  response.on('close', () => child.kill());
  relay(child.stdout, response);
}

/** Reads the CGI header, then lets the body through. */
function relay(output: NodeJS.ReadableStream, response: ServerResponse): void {
  let head = Buffer.alloc(0);
  const onHead = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) {
      return;
    }
    output.off('data', onHead);
    let status = 200;
    for (const [, name = '', value = ''] of head.toString('latin1', 0, end).matchAll(/^([^:\r\n]+): *(.*)$/gm)) {
      if (name.toLowerCase() === 'status') {
        status = Number.parseInt(value, 10);
      } else {
        response.setHeader(name, value);
      }
    }
    response.writeHead(status);
    response.write(head.subarray(end + 4));
    output.pipe(response);
  };
  output.on('data', onHead);
  output.on('end', () => {
    if (!response.headersSent) {
      response.writeHead(500);
    }
    response.end();
  });
}

/** Undefined for what is no path: it would not fit into an environment. */
function decode(path: string): string | undefined {
  try {
    const decoded = decodeURIComponent(path);
    return decoded.includes('\0') ? undefined : decoded;
  } catch {
    return undefined;
  }
}
