import { createServer, type RequestListener } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openGitLab } from '../../../../shared/git-host/gitlab/open.ts';
import { listen } from '../../../cluster/listener.ts';

const TOKEN = 'glpat-secret';

async function answering(answer: RequestListener) {
  const listener = await listen(createServer(answer));
  onTestFinished(async () => listener.close());
  return listener.url;
}

function open(origin: string) {
  return openGitLab({ url: `${origin}/acme/shop.git`, token: TOKEN, timeoutMillis: 20_000, now: () => 0 });
}

describe('what GitLab says', () => {
  const check = 'Check the credentials of this repository in sluice.yml';
  test.each([
    {
      status: 401,
      body: { message: '401 Unauthorized' },
      code: 'git-unauthorized',
      says: `401 Unauthorized (status 401). ${check}`,
    },
    {
      status: 403,
      body: { error: 'insufficient_scope', error_description: 'It is too little.', scope: 'api' },
      code: 'git-unauthorized',
      says: `insufficient_scope: It is too little.: it needs the scope api (status 403). ${check}`,
    },
    { status: 403, body: { message: '403 Forbidden' }, code: 'git-unauthorized', says: '403 Forbidden (status 403)' },
    {
      status: 404,
      body: { message: '404 Project Not Found' },
      code: 'git-not-found',
      says: '404 Project Not Found (status 404), or nothing that this token may see. Check the url and the branch',
    },
    {
      status: 404,
      body: { message: '404 Branch Not Found' },
      code: 'git-not-found',
      says: '404 Branch Not Found (status 404). Check',
    },
    { status: 400, body: { message: { a: ['is bad'] } }, code: 'git-refused', says: 'a is bad (status 400)' },
    { status: 422, body: { message: ['one', 'two'] }, code: 'git-refused', says: 'one: two (status 422)' },
    { status: 304, body: {}, code: 'git-not-found', says: 'status 304' },
    { status: 408, body: {}, code: 'git-unavailable', retryable: true, says: 'status 408' },
    {
      status: 500,
      body: { message: '500 Internal\n Error' },
      code: 'git-unavailable',
      retryable: true,
      says: '500 Internal  Error (status 500)',
    },
    {
      status: 502,
      body: '<html>GitLab is not responding</html>',
      code: 'git-unavailable',
      retryable: true,
      says: 'status 502',
    },
  ])('$status $body: $code', async ({ status, body, code, retryable = false, says }) => {
    const url = await answering((_, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(status === 304 ? undefined : JSON.stringify(body));
    });
    const error: unknown = await open(url)
      .head('main')
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, retryable, message: expect.stringContaining(says) });
    expect(error).toMatchObject({ message: expect.stringMatching(/^repository http:\/\/127.*\/acme\/shop\.git: /) });
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain(TOKEN);
  });

  test('without a token, a project that is not there may be one to log in for', async () => {
    const url = await answering((_, response) => response.writeHead(404).end('{"message":"404 Project Not Found"}'));
    const host = openGitLab({ url: `${url}/acme/shop.git`, timeoutMillis: 20_000, now: () => 0 });
    await expect(host.head('main')).rejects.toMatchObject({
      code: 'git-unauthorized',
      message: expect.stringContaining('404 Project Not Found (status 404), or nothing to see without a token. Check'),
    });
  });

  test.each([
    {
      name: 'HTML',
      type: 'text/html',
      body: '<html>Sign in</html>',
      code: 'git-not-found',
      says: "expected an answer of GitLab's API, found text/html",
    },
    {
      name: 'half of JSON',
      type: 'application/json',
      body: '{"a":',
      code: 'git-unavailable',
      says: 'found what is no JSON',
    },
    {
      name: 'other JSON',
      type: 'application/json',
      body: '{"a":1}',
      code: 'git-unavailable',
      says: 'found commit Invalid input',
    },
  ])('answers with $name: $code', async ({ type, body, code, says }) => {
    const url = await answering((_, response) => response.writeHead(200, { 'content-type': type }).end(body));
    await expect(open(url).head('main')).rejects.toMatchObject({ code, message: expect.stringContaining(says) });
  });
});

test.each([
  { what: 'that GitLab has not', body: '{"message":"404 File Not Found"}', code: undefined },
  { what: 'of which something else says 404', body: '<html>Not Found</html>', code: 'git-unavailable' },
])('a file $what is told from one that cannot be read', async ({ body, code }) => {
  const url = await answering(({ url: path = '' }, response) =>
    path.includes('/repository/files/')
      ? response.writeHead(404).end(body)
      : response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"a","name":"main"}'),
  );
  const files = open(url).files('a'.repeat(40), ['k8s/web.yml']);
  const outcome = await files.then(
    () => undefined,
    (error: { readonly code: string }) => error.code,
  );
  expect(outcome).toBe(code);
});
