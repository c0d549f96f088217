import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { GitHost } from '../../shared/git-host/port.ts';
import { freePort } from '../cluster/free-port.ts';
import { listen } from '../cluster/listener.ts';

/** How every Git host over HTTP tells of a server that does not do its part; `open` takes its URL. */
export function describeGitFailures(name: string, open: (url: string, timeoutMillis: number) => GitHost) {
  const listening = async (answer: RequestListener) => {
    const listener = await listen(createServer(answer));
    onTestFinished(async () => listener.close());
    return listener.url;
  };

  describe(`Git host, ${name}, faults`, () => {
    test.each([
      { status: 429, code: 'git-unavailable', retryable: true, says: 'returned error: 429' },
      { status: 500, code: 'git-unavailable', retryable: true, says: 'returned error: 500' },
      { status: 503, code: 'git-unavailable', retryable: true, says: 'returned error: 503' },
      { status: 403, code: 'git-unauthorized', retryable: false, says: 'returned error: 403. Check the credentials' },
      { status: 404, code: 'git-not-found', retryable: false, says: 'not found. Check the url and the branch' },
      { status: 301, code: 'git-not-found', retryable: false, says: 'returned error: 301. Check the url' },
    ])('answers $status: $code', async ({ status, code, retryable, says }) => {
      const url = await listening((_, response) => {
        response.writeHead(status, { location: 'http://127.0.0.1:1/other.git/info/refs' }).end('words of the host');
      });
      await expect(open(url, 20_000).head('main')).rejects.toMatchObject({
        code,
        retryable,
        message: expect.stringContaining(says),
      });
    });

    test('answers with what is not Git: git-not-found', async () => {
      const url = await listening((_, response) => response.end('<html>Sign in</html>'));
      await expect(open(url, 20_000).head('main')).rejects.toMatchObject({ code: 'git-not-found' });
    });

    test('goes away in the middle: git-unavailable', async () => {
      const url = await listening((_, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('001e#', () => response.destroy());
      });
      await expect(open(url, 20_000).head('main')).rejects.toMatchObject({ code: 'git-unavailable', retryable: true });
    });

    test('never answers: git-unavailable after the time limit, and the connection is given up', async () => {
      const server = createServer(() => {});
      const closed = once(server, 'connection').then(async ([socket]) => once(socket, 'close'));
      const listener = await listen(server);
      onTestFinished(async () => listener.close());
      await expect(open(listener.url, 300).head('main')).rejects.toMatchObject({
        code: 'git-unavailable',
        retryable: true,
        message: `repository ${listener.url}/hello.git: expected an answer of git, found no answer within 0.3 s`,
      });
      // Git's helper holds the connection: it has ended too.
      await closed;
    });

    test('is not there: git-unavailable', async () => {
      const url = `http://127.0.0.1:${await freePort()}`;
      await expect(open(url, 20_000).head('main')).rejects.toMatchObject({
        code: 'git-unavailable',
        retryable: true,
        message: expect.stringMatching(/^repository http:.*hello\.git: .*(Failed to connect|Couldn't connect)/),
      });
    });
  });
}
