import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { listenOnLoopback } from '../../../../infra/local/loopback.ts';
import { openPlainGit } from '../../../../shared/git-host/git/open.ts';

test.each([
  { asked: 'seconds', retryAfter: '60' },
  { asked: 'a date', retryAfter: new Date(60_000).toUTCString() },
])('a host that asks for peace by $asked is asked again when the clock says so, not before', async ({ retryAfter }) => {
  let requests = 0;
  const server = createServer((_, response) => {
    requests += 1;
    response.writeHead(429, { 'retry-after': retryAfter }).end();
  });
  const { host: address, close } = await listenOnLoopback(server, 0);
  onTestFinished(close);
  let time = 0;
  const url = `http://${address}/hello.git`;
  const host = openPlainGit({ url, credentials: { kind: 'none' }, timeoutMillis: 20_000, now: () => time });
  const asked: number[] = [];
  for (time of [0, 59_999, 60_001]) {
    await expect(host.head('main')).rejects.toMatchObject({ code: 'git-rate-limited' });
    asked.push(requests);
  }
  expect(asked).toEqual([1, 1, 2]);
});
