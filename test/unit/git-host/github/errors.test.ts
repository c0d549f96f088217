import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openGitHub } from '../../../../shared/git-host/github/open.ts';
import type { GitHost } from '../../../../shared/git-host/port.ts';
import { freePort } from '../../../cluster/free-port.ts';
import { listen } from '../../../cluster/listener.ts';
import { thrownBy } from './stage.ts';

const NOW = 1_700_000_000_000;
const REVISION = '1'.repeat(40);

async function answering(answer: RequestListener, timeoutMillis = 10_000) {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(`${request.method} ${request.url?.replace('/api/v3/repos/acme/hello', '')}`);
    answer(request, response);
  });
  const listener = await listen(server);
  onTestFinished(async () => listener.close());
  const url = `${listener.url}/acme/hello.git`;
  const clock = { now: NOW };
  const credentials = { kind: 'token', token: 'a secret' } as const;
  const host = openGitHub({ url, credentials, timeoutMillis, now: () => clock.now });
  return { host, url, paths, clock, server };
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

function json({ status, headers = {}, body = {} }: Answer): RequestListener {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
    response.end(JSON.stringify(body));
  };
}

const setStatus = async (host: GitHost) =>
  host.setStatus?.(REVISION, { state: 'success', name: 'sluice/test', description: 'x' });

describe('GitHub answers', () => {
  const rate = { retryable: true, code: 'git-rate-limited' };
  const message = (text: string) => ({ body: { message: text } });
  test.each([
    {
      name: 'wrong credentials',
      answer: { status: 401, ...message('Bad credentials') },
      error: { code: 'git-unauthorized', retryable: false },
      says: 'expected credentials that GitHub knows, found Bad credentials (status 401). Check the credentials of this repository in sluice.yml: a token may have expired or been revoked.',
    },
    {
      name: 'a missing permission',
      answer: {
        status: 403,
        headers: { 'x-accepted-github-permissions': 'contents=write,workflows=write; administration=write' },
        ...message('Resource not accessible by personal access token'),
      },
      error: { code: 'git-unauthorized', retryable: false },
      says: 'expected credentials with the permission contents: write and workflows: write, or administration: write, found Resource not accessible by personal access token (status 403). Check the credentials of this repository in sluice.yml: they must be given that permission.',
    },
    {
      name: 'a token outside of single sign-on',
      answer: {
        status: 403,
        headers: { 'x-github-sso': 'required; url=https://github.com/orgs/acme/sso?authorization_request=A2VYR' },
        ...message('Resource protected by organization SAML enforcement.'),
      },
      error: { code: 'git-unauthorized', retryable: false },
      says: "expected a token that its owner let into the organization's single sign-on, found Resource protected by organization SAML enforcement (status 403). Check the credentials of this repository in sluice.yml: authorize the token for the organization, in its owner's settings.",
    },
    {
      name: 'no such repository',
      answer: { status: 404, ...message('Not Found') },
      error: { code: 'git-not-found', retryable: false },
      says: 'expected a repository that these credentials may see, found Not Found (status 404): it does not exist, or is hidden from them. Check the url in sluice.yml, and that the credentials are for this repository.',
    },
    {
      name: 'an empty repository',
      answer: { status: 409, ...message('Git Repository is empty.') },
      error: { code: 'git-not-found', retryable: false },
      says: 'expected a repository with a commit, found Git Repository is empty (status 409): it has no commits yet. Push a first commit.',
    },
    {
      name: 'a repository at another server',
      answer: { status: 301, headers: { location: 'https://example.com/api/v3/repos/acme/new?x=1' } },
      error: { code: 'git-not-found', retryable: false },
      says: 'expected the repository at this url, found it moved to https://example.com/api/v3/repos/acme/new. Put its new url into sluice.yml.',
    },
    {
      name: 'a repository that was taken away by law',
      answer: { status: 451, ...message('Repository access blocked') },
      error: { code: 'git-refused', retryable: false },
      says: 'expected that GitHub does as asked, found Repository access blocked (status 451)',
    },
    {
      name: 'too many requests, with a time',
      answer: { status: 429, headers: { 'retry-after': '17' } },
      error: { ...rate, retryAfterSeconds: 17 },
      says: 'too many requests; GitHub asks to wait 17 s',
    },
    {
      name: 'a primary limit',
      answer: {
        status: 403,
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1000 + 90) },
        ...message('API rate limit exceeded for user ID 1.'),
      },
      error: { ...rate, retryAfterSeconds: 90 },
      says: 'too many requests; GitHub asks to wait 90 s',
    },
    {
      name: 'a primary limit that ended long ago by our clock',
      answer: { status: 429, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' } },
      error: { ...rate, retryAfterSeconds: 1 },
      says: 'too many requests; GitHub asks to wait 1 s',
    },
    {
      name: 'a secondary limit without a time',
      answer: { status: 403, ...message('You have exceeded a secondary rate limit.') },
      error: { ...rate, retryAfterSeconds: 60 },
      says: 'too many requests; GitHub asks to wait 60 s',
    },
    {
      name: 'a limit for a day',
      answer: { status: 429, headers: { 'retry-after': '86400' } },
      error: { ...rate, retryAfterSeconds: 3600 },
      says: 'too many requests; GitHub asks to wait 3600 s',
    },
    {
      name: 'that it is broken',
      answer: { status: 502 },
      error: { code: 'git-unavailable', retryable: true },
      says: 'expected an answer of GitHub, found status 502',
    },
    {
      name: 'other JSON',
      answer: { status: 200, body: { hello: 1 } },
      error: { code: 'git-not-found', retryable: false },
      says: /^expected GitHub's API at http:\S+\/api\/v3, found name: .* \(status 200\)\. Check the url of this repository/,
    },
  ])('$name: $error.code', async ({ answer, error, says }) => {
    const { host, url } = await answering(json(answer));
    const thrown = await thrownBy(host.head('main'));
    expect(thrown).toMatchObject(error);
    const [subject = '', ...rest] = String(thrown).replace('SluiceError: ', '').split('.git: ');
    expect(`${subject}.git`).toBe(`repository ${url}`);
    expect(rest.join('.git: ')).toMatch(says);
    expect(JSON.stringify(thrown) + String(thrown)).not.toContain('a secret');
  });

  test('a page of something else: git-not-found', async () => {
    const { host } = await answering((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>');
    });
    await expect(host.head('main')).rejects.toMatchObject({
      code: 'git-not-found',
      message: expect.stringContaining('found what is none of its JSON (status 200)'),
    });
  });
});

describe('no answer', () => {
  test('in the middle, three times: git-unavailable', async () => {
    const { host, paths } = await answering((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
      response.write('{"name":', () => response.destroy());
    });
    await expect(host.head('main')).rejects.toMatchObject({ code: 'git-unavailable', retryable: true });
    expect(paths).toEqual(Array.from({ length: 3 }, () => 'GET /branches/main'));
  });

  test('at all: git-unavailable after the time limit, and the connection is given up', async () => {
    const { host, url, server } = await answering(() => {}, 300);
    const closed = once(server, 'connection').then(async ([socket]) => once(socket, 'close'));
    await expect(host.head('main')).rejects.toMatchObject({
      code: 'git-unavailable',
      retryable: true,
      message: `repository ${url}: expected an answer of GitHub, found no answer within 0.3 s`,
    });
    await closed;
  });

  test('since nobody is there: git-unavailable', async () => {
    const url = `http://127.0.0.1:${await freePort()}/acme/hello.git`;
    const host = openGitHub({ url, credentials: { kind: 'none' }, timeoutMillis: 10_000, now: Date.now });
    await expect(host.head('main')).rejects.toMatchObject({
      code: 'git-unavailable',
      retryable: true,
      message: expect.stringMatching(
        /^repository http:.*hello\.git: expected an answer of GitHub, found .*ECONNREFUSED/,
      ),
    });
  });
});

describe('what is repeated', () => {
  const branch = { name: 'main', commit: { sha: REVISION, commit: { message: 'x', tree: { sha: REVISION } } } };

  test('reading, when GitHub is broken for a moment', async () => {
    let left = 2;
    const { host, paths } = await answering((request, response) => {
      left -= 1;
      json(left >= 0 ? { status: 503 } : { status: 200, body: branch })(request, response);
    });
    expect(await host.head('main')).toBe(REVISION);
    expect(paths).toHaveLength(3);
  });

  test.each([
    { name: 'a broken server', answer: json({ status: 500 }) },
    {
      name: 'a broken connection',
      answer: ((request) => {
        request.socket.destroy();
      }) satisfies RequestListener,
    },
  ])('never what may have written: $name', async ({ answer }) => {
    const { host, paths } = await answering(answer);
    await expect(setStatus(host)).rejects.toMatchObject({ code: 'git-unavailable', retryable: true });
    expect(paths).toEqual([`POST /statuses/${REVISION}`]);
  });

  test('nothing while GitHub wants to be left alone', async () => {
    const answers: Answer[] = [
      { status: 429, headers: { 'retry-after': '30' } },
      { status: 200, body: branch },
    ];
    const { host, paths, clock } = await answering((request, response) =>
      json(answers.shift() ?? { status: 500 })(request, response),
    );
    await expect(host.head('main')).rejects.toMatchObject({ retryAfterSeconds: 30 });
    clock.now += 20_000;
    await expect(setStatus(host)).rejects.toMatchObject({ code: 'git-rate-limited', retryAfterSeconds: 10 });
    expect(paths).toHaveLength(1);
    clock.now += 10_000;
    expect(await host.head('main')).toBe(REVISION);
  });
});

test('a branch that GitHub itself still shows where it was has moved all the same', async () => {
  const tree = { truncated: false, tree: [{ path: 'a.yml', mode: '100644', type: 'blob', sha: REVISION, size: 1 }] };
  const { host } = await answering((request, response) => {
    const { method, url = '' } = request;
    const body = url.includes('/git/trees/')
      ? tree
      : { name: 'main', sha: REVISION, commit: { sha: REVISION, commit: { message: 'x', tree: { sha: REVISION } } } };
    const refused = { status: 422, body: { message: 'Update is not a fast forward' } };
    json(method === 'PATCH' ? refused : { status: 200, body })(request, response);
  });
  const expectedHead = await host.head('main');
  const edits = [{ path: 'a.yml', text: 'x' }];
  await expect(
    host.commit({ branch: 'main', expectedHead, edits, message: 'x', author: undefined }),
  ).rejects.toMatchObject({ code: 'git-head-moved', retryable: true });
});
