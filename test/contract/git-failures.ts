import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { GitHost } from '../../shared/git-host/port.ts';
import { freePort } from '../cluster/free-port.ts';
import { listen } from '../cluster/listener.ts';

/** Words that each way of speaking HTTP has of its own. */
export interface FailureWords {
  /** Of a status that is not 200. */
  answered(status: number): string;
  readonly unreachable: RegExp;
}

/** How every Git host over HTTP tells of a server that does not do its part; `open` takes its URL. */
export function describeGitFailures(
  name: string,
  words: FailureWords,
  open: (url: string, timeoutMillis: number) => GitHost,
) {
  const listening = async (answer: RequestListener) => {
    const listener = await listen(createServer(answer));
    onTestFinished(async () => listener.close());
    return listener.url;
  };

  describe(`Git host, ${name}, faults`, () => {
    const check = { url: 'Check the url and the branch', credentials: 'Check the credentials' };
    test.each([
      { status: 429, code: 'git-rate-limited', retryable: true, seconds: 7 },
      { status: 500, code: 'git-unavailable', retryable: true },
      { status: 503, code: 'git-unavailable', retryable: true },
      { status: 403, code: 'git-unauthorized', retryable: false, next: check.credentials },
      { status: 404, code: 'git-not-found', retryable: false, next: check.url },
      { status: 301, code: 'git-not-found', retryable: false, next: check.url },
    ])('answers $status: $code', async ({ status, code, retryable, next = '', seconds }) => {
      const url = await listening((_, response) => {
        const headers = { location: 'http://127.0.0.1:1/other.git/info/refs', 'retry-after': '7' };
        response.writeHead(status, headers).end('words of the host');
      });
      await expect(open(url, 20_000).head('main')).rejects.toMatchObject({
        code,
        retryable,
        message: expect.stringContaining(words.answered(status)),
        retryAfterSeconds: seconds,
      });
      await expect(open(url, 20_000).head('main')).rejects.toMatchObject({ message: expect.stringContaining(next) });
    });

    test('answers with what is not Git: git-not-found', async () => {
      const url = await listening((_, response) => response.end('<html>Sign in</html>'));
      await expect(open(url, 20_000).head('main')).rejects.toMatchObject({ code: 'git-not-found' });
    });

    test('goes away in the middle: git-unavailable', async () => {
      const url = await listening((_, response) => {
        const headers = { 'content-type': 'application/x-git-upload-pack-advertisement', 'content-length': 100 };
        response.writeHead(200, headers).write('001e#', () => response.destroy());
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
      await closed;
    });

    test('asks to be left alone: is not asked again before', async () => {
      let requests = 0;
      const url = await listening((_, response) => {
        requests += 1;
        response.writeHead(429, { 'retry-after': '60' }).end();
      });
      const host = open(url, 20_000);
      await expect(host.head('main')).rejects.toMatchObject({ code: 'git-rate-limited', retryAfterSeconds: 60 });
      await expect(host.head('main')).rejects.toMatchObject({ code: 'git-rate-limited', retryable: true });
      expect(requests).toBe(1);
    });

    test('is not there: git-unavailable', async () => {
      const url = `http://127.0.0.1:${await freePort()}`;
      await expect(open(url, 20_000).head('main')).rejects.toMatchObject({
        code: 'git-unavailable',
        retryable: true,
        message: expect.stringMatching(words.unreachable),
      });
    });
  });
}
