import { describe, expect, test } from 'vitest';
import type { HttpReply, HttpRequest } from '../../../shared/http/client.ts';
import { follow, redirectOf } from '../../../shared/http/redirects.ts';

const START = new URL('https://registry.example.com/v2/a');

function reply(status: number, location?: string): HttpReply {
  return {
    status,
    headers: new Map(location === undefined ? [] : [['location', location]]),
    body: (async function* () {})(),
    discard() {},
  };
}

describe('where a reply sends us', () => {
  test.each([
    { name: 'a whole address', given: reply(302, 'https://blobs.example.com/b'), to: 'https://blobs.example.com/b' },
    { name: 'a path', given: reply(307, '/v2/b?x=1'), to: 'https://registry.example.com/v2/b?x=1' },
    { name: 'no address: nowhere', given: reply(302), to: undefined },
    { name: 'what is none: nowhere', given: reply(302, 'https://:x:'), to: undefined },
    { name: 'not modified: nowhere', given: reply(304, '/v2/b'), to: undefined },
    { name: 'a success that names a place: nowhere', given: reply(201, '/v2/b'), to: undefined },
  ])('$name', ({ given, to }) => {
    expect(redirectOf(given, START)?.href).toBe(to);
  });
});

describe('following', () => {
  const replies: Readonly<Record<string, HttpReply>> = {
    '/v2/a': reply(302, '/v2/b'),
    '/v2/b': reply(307, 'https://blobs.example.com/c'),
    '/c': reply(200),
  };

  async function asked(method: string, max: number, isAllowed: (to: URL) => boolean) {
    const sent: string[] = [];
    const send = async ({ url, headers }: HttpRequest) => {
      sent.push([url.host, url.pathname, headers['authorization'] ?? 'nobody'].join(' '));
      return replies[url.pathname] ?? reply(404);
    };
    const headers = { authorization: 'us' };
    const onto = (to: URL) => (isAllowed(to) ? (to.host === START.host ? headers : {}) : undefined);
    const request = { method, url: START, headers, signal: new AbortController().signal };
    const { reply: last, from } = await follow(request, send, { max, onto });
    return { sent, status: last.status, from: from.pathname };
  }

  const [A, B, C] = ['registry.example.com /v2/a us', 'registry.example.com /v2/b us', 'blobs.example.com /c nobody'];
  test.each([
    { name: 'to the end, with the headers for each', method: 'GET', max: 5, sent: [A, B, C], status: 200, from: '/c' },
    { name: 'nowhere with what writes', method: 'POST', max: 5, sent: [A], status: 302, from: '/v2/a' },
  ])('$name', async ({ method, max, sent, status, from }) => {
    expect(await asked(method, max, () => true)).toEqual({ sent, status, from });
  });

  test('no further than it may', async () => {
    await expect(asked('GET', 1, () => true)).rejects.toThrow(/^more than 1 redirects$/);
  });

  test('as often as it may', async () => {
    expect(await asked('GET', 2, () => true)).toEqual({ sent: [A, B, C], status: 200, from: '/c' });
  });

  test('not to where the rule forbids it: the redirect is the reply', async () => {
    const isOwn = ({ host }: URL) => host === START.host;
    expect(await asked('HEAD', 5, isOwn)).toEqual({ sent: [A, B], status: 307, from: '/v2/b' });
  });
});
