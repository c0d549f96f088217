import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RepositoryTime, shareOfTime } from '../../../shared/decision/repository-time.ts';
import { openPlainGit } from '../../../shared/git-host/git/open.ts';
import { openGitHub } from '../../../shared/git-host/github/open.ts';
import { openGitLab } from '../../../shared/git-host/gitlab/open.ts';
import type { GitHost } from '../../../shared/git-host/port.ts';
import { silentLog } from '../../../shared/log.ts';
import { withinLimit } from '../../../shared/time-limit.ts';
import { listen } from '../../cluster/listener.ts';

const REPOSITORY = { url: 'https://git.example.com/hello.git', branch: 'main' };

test.each([
  { left: 60_000, repositories: 1, share: 55_000 },
  { left: 60_000, repositories: 2, share: 27_500 },
  { left: 60_000, repositories: 50, share: 15_000 },
  { left: 300_000, repositories: 4, share: 73_750 },
  { left: 8000, repositories: 50, share: 4000 },
  { left: 0, repositories: 1, share: 0 },
])('of $left ms each of $repositories repositories has $share', ({ left, repositories, share }) => {
  expect(shareOfTime(left, repositories)).toBe(share);
});

describe('a host that never answers', () => {
  const common = { timeoutMillis: 60_000, now: Date.now, log: silentLog };
  test.each([
    {
      host: 'plain Git',
      open: (url: string): GitHost =>
        openPlainGit({ url: `${url}/hello.git`, credentials: { kind: 'none' }, timeoutMillis: 60_000 }),
    },
    {
      host: 'GitHub',
      open: (api: string): GitHost =>
        openGitHub({ ...common, url: 'https://github.com/acme/hello', api, credentials: { kind: 'none' } }),
    },
    {
      host: 'GitLab',
      open: (url: string): GitHost => openGitLab({ ...common, url: `${url}/acme/hello.git`, api: `${url}/api/v4` }),
    },
  ])('$host: the request is cancelled once the time of its work is over', async ({ open }) => {
    const server = createServer(() => {});
    const listener = await listen(server);
    onTestFinished(async () => listener.close());
    const asked = once(server, 'request');
    const ended = new AbortController();
    const host = open(listener.url);
    const work = withinLimit(ended.signal, async () => host.head('main'));
    const [request] = await asked;
    const closed = once(request.socket, 'close');
    ended.abort(new Error('time is up'));
    await expect(work).rejects.toThrow('time is up');
    await closed;
  });
});

test('who used up its time is told so, and what can be done', async () => {
  const time = new RepositoryTime(Date.now);
  await expect(time.spend(REPOSITORY, 100, async () => new Promise(() => {}))).rejects.toMatchObject({
    code: 'git-too-slow',
    retryable: true,
    retryAfterSeconds: 30,
    message:
      'repository https://git.example.com/hello.git branch main: expected an end within 0.1 s, its share of the ' +
      'time, found none. Name fewer paths of it in sluice.yml; on AWS, raise the timeout of the function in ' +
      'serverless.yml.',
  });
});

test('who used up its time is not begun again for half a minute, and then is', async () => {
  let now = 0;
  const time = new RepositoryTime(() => now);
  const begun: string[] = [];
  const forever = async (what: string) => {
    begun.push(what);
    return new Promise<never>(() => {});
  };
  await expect(time.spend(REPOSITORY, 1, async () => forever('first'))).rejects.toThrow('within 0 s');
  now = 29_999;
  await expect(time.spend(REPOSITORY, 1, async () => forever('second'))).rejects.toThrow('within 0 s');
  await expect(time.spend({ ...REPOSITORY, branch: 'other' }, 1000, async () => 'done')).resolves.toBe('done');
  now = 30_000;
  await expect(time.spend(REPOSITORY, 1000, async () => 'done')).resolves.toBe('done');
  expect(begun).toEqual(['first']);
});
