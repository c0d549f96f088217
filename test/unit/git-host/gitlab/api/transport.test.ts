import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isSluiceError } from '../../../../../shared/errors.ts';
import { openGitLab } from '../../../../../shared/git-host/gitlab/open.ts';
import { freePort } from '../../../../cluster/free-port.ts';
import { listen } from '../../../../cluster/listener.ts';

async function answering(answer: RequestListener) {
  const listener = await listen(createServer(answer));
  onTestFinished(async () => listener.close());
  return listener.url;
}

function open(origin: string, timeoutMillis = 20_000) {
  return openGitLab({ url: `${origin}/acme/shop.git`, token: 'glpat-secret', timeoutMillis, now: () => 0 });
}

describe('a connection', () => {
  test('that is never answered: git-unavailable after the time limit, and given up', async () => {
    const server = createServer(() => {});
    const closed = once(server, 'connection').then(async ([socket]) => once(socket, 'close'));
    const listener = await listen(server);
    onTestFinished(async () => listener.close());
    await expect(open(listener.url, 300).head('main')).rejects.toMatchObject({
      code: 'git-unavailable',
      retryable: true,
      message: `repository ${listener.url}/acme/shop.git: expected an answer of GitLab, found no answer within 0.3 s`,
    });
    await closed;
  });

  test('to nobody: git-unavailable', async () => {
    await expect(open(`http://127.0.0.1:${await freePort()}`).head('main')).rejects.toMatchObject({
      code: 'git-unavailable',
      retryable: true,
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test.each([
    { name: 'breaks once', failures: 1, outcome: '1'.repeat(40), requests: 2 },
    { name: 'breaks twice', failures: 2, outcome: '1'.repeat(40), requests: 3 },
    { name: 'always breaks', failures: 3, outcome: 'git-unavailable', requests: 3 },
  ])('that $name, for what only reads: $outcome', async ({ failures, outcome, requests }) => {
    let asked = 0;
    const url = await answering((_, response) => {
      asked += 1;
      response.writeHead(200, { 'content-type': 'application/json' });
      if (asked > failures) {
        response.end(BRANCH);
      } else {
        response.write(BRANCH.slice(0, 9), () => response.destroy());
      }
    });
    expect(await outcomeOf(open(url).head('main'))).toBe(outcome);
    expect(asked).toBe(requests);
  });

  test.each([
    { name: 'a fault', fail: (response: ServerResponse) => void response.writeHead(502).end() },
    { name: 'a broken connection', fail: (response: ServerResponse) => void response.destroy() },
  ])('what writes is asked once: $name', async ({ fail }) => {
    const asked: string[] = [];
    const url = await answering((request, response) => {
      asked.push(`${request.method} ${request.url?.split('/').at(-1)?.replace(/\?.*/, '')}`);
      if (request.method === 'POST') {
        fail(response);
        return;
      }
      const content = Buffer.from('a: 1\n').toString('base64');
      const file = { content, encoding: 'base64', blob_id: '5'.repeat(64), last_commit_id: '2'.repeat(40) };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ commit: { id: '1'.repeat(40) }, ...file }));
    });
    const edits = [{ path: 'a.yml', text: 'a: 2\n' }];
    const request = { branch: 'main', expectedHead: '1'.repeat(40), edits, message: 'x\n', author: undefined };
    expect(await outcomeOf(open(url).commit(request))).toBe('git-unavailable');
    expect(asked).toEqual(['GET a.yml', 'GET main', 'POST commits']);
  });

  const moving = async (to: string) =>
    answering((request, response) => {
      if (request.url?.includes('/projects/7/') === true) {
        response.writeHead(200, { 'content-type': 'application/json' }).end(BRANCH);
      } else {
        response.writeHead(301, { location: `${to}/api/v4/projects/7/repository/branches/main` }).end();
      }
    });

  test('that sends reads elsewhere at its own host is followed', async () => {
    expect(await open(await moving('')).head('main')).toBe('1'.repeat(40));
  });

  test('that sends reads round and round at its own host is left after three times', async () => {
    let asked = 0;
    const url = await answering((request, response) => {
      asked += 1;
      response.writeHead(302, { location: request.url }).end();
    });
    await expect(open(url).head('main')).rejects.toMatchObject({
      code: 'git-unavailable',
      retryable: false,
      message: `repository ${url}/acme/shop.git: expected an answer of GitLab, found more than 3 redirects`,
    });
    expect(asked).toBe(4);
  });

  test('that sends reads to another host is not: that is named, and told no token', async () => {
    const told: unknown[] = [];
    const other = await answering(({ headers }, response) => {
      told.push(headers);
      response.end(BRANCH);
    });
    await expect(open(await moving(other)).head('main')).rejects.toMatchObject({
      code: 'git-not-found',
      message: expect.stringContaining(`found one that moved to ${other}/api/v4/projects/7/repository/branches/main`),
    });
    expect(told).toEqual([]);
  });
});

const BRANCH = JSON.stringify({ commit: { id: '1'.repeat(40) } });

async function outcomeOf(work: Promise<string>): Promise<string> {
  return work.catch((error: unknown) => (isSluiceError(error) ? error.code : String(error)));
}
