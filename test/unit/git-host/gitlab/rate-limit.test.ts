import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openGitLab } from '../../../../shared/git-host/gitlab/open.ts';
import { listen } from '../../../cluster/listener.ts';
import { gitLabStage } from './stage.ts';

const NOW = Date.UTC(2026, 0, 1);

describe('a rate limit', () => {
  test.each([
    { name: 'seconds', headers: { 'retry-after': '7' }, seconds: 7 },
    { name: 'a date', headers: { 'retry-after': new Date(NOW + 9000).toUTCString() }, seconds: 9 },
    { name: 'a reset', headers: { 'ratelimit-reset': String(NOW / 1000 + 20) }, seconds: 20 },
    { name: 'nothing', headers: {}, seconds: 60 },
    { name: 'nonsense', headers: { 'retry-after': 'soon' }, seconds: 60 },
    { name: 'a day', headers: { 'retry-after': '86400' }, seconds: 3600 },
  ])('with $name: $seconds s, and nobody is asked before', async ({ headers, seconds }) => {
    let asked = 0;
    let now = NOW;
    const listener = await listen(
      createServer((_, response) => {
        asked += 1;
        response.writeHead(429, headers).end('Retry later\n');
      }),
    );
    onTestFinished(async () => listener.close());
    const host = openGitLab({ url: `${listener.url}/acme/shop.git`, token: 't', timeoutMillis: 9000, now: () => now });
    const limited = (left: number) => ({
      code: 'git-rate-limited',
      retryable: true,
      retryAfterSeconds: left,
      message: `repository ${listener.url}/acme/shop.git: too many requests; GitLab asks to wait ${left} s`,
    });
    await expect(host.head('main')).rejects.toMatchObject(limited(seconds));
    now += 1000;
    await expect(host.history('main')).rejects.toMatchObject(limited(seconds - 1));
    expect(asked).toBe(1);
    now += seconds * 1000;
    await expect(host.head('main')).rejects.toMatchObject({ code: 'git-rate-limited' });
    expect(asked).toBe(2);
  });
});

describe('the limit of archives', () => {
  const stage = gitLabStage();
  test('is none of other requests', async () => {
    const { host } = stage.repository();
    const head = await host.head('main');
    stage.double().limits.archives = 1;
    await host.files(head, ['']);
    const limited = { code: 'git-rate-limited', retryAfterSeconds: 60 };
    await expect(host.files(head, [''])).rejects.toMatchObject(limited);
    expect(await host.files(head, ['root.yml'])).toHaveLength(1);
    const asked = await stage.asked(async () => expect(host.files(head, ['k8s'])).rejects.toMatchObject(limited));
    expect(asked.filter((one) => one.includes('archive'))).toEqual([]);
  });
});
