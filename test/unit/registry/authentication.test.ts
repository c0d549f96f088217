import { describe, expect, test } from 'vitest';
import { readRegistryCredentials } from '../../../shared/registry/authentication.ts';
import {
  type Answer,
  type Asked,
  clientOf,
  imageOf,
  type Script,
  type ScriptedServer,
  serving,
  start,
} from './scripted-registry.ts';

const credentials = { username: 'puller', password: 'a:b ü' };
const BASIC = `Basic ${Buffer.from('puller:a:b ü').toString('base64')}`;
const { manifest, config, digest } = imageOf('2026-11-01T10:00:00Z');
const serves = serving({ '1.0': manifest, '1.1': manifest }, [config]);
const facts = { tag: '1.0', digest };

/** Serves with this header, and else says how to get in. */
const locked =
  (header: () => string, challenge: () => string): Script =>
  (asked) =>
    asked.authorization === header() ? serves(asked) : { status: 401, headers: { 'www-authenticate': challenge() } };

test.each([
  { secret: 'puller:secret', expected: { username: 'puller', password: 'secret' } },
  { secret: 'puller:se:cret', expected: { username: 'puller', password: 'se:cret' } },
  { secret: 'glpat-token', expected: { username: 'oauth2', password: 'glpat-token' } },
])('$secret as credentials', ({ secret, expected }) => {
  expect(readRegistryCredentials(secret)).toEqual(expected);
});

describe('basic', () => {
  test('is asked for once, and then sent at once', async () => {
    const server = await start(
      locked(
        () => BASIC,
        () => 'Basic realm="registry"',
      ),
    );
    const client = clientOf(server, { credentials });
    expect(await client.image('hello', '1.0', { created: false })).toEqual(facts);
    await client.image('hello', '1.1', { created: true });
    expect(server.asked.map(({ authorization }) => authorization)).toEqual([undefined, BASIC, BASIC, BASIC]);
  });

  test.each([
    { what: 'no credentials', own: undefined, found: 'no credentials', requests: 1 },
    { what: 'wrong credentials', own: { username: 'puller', password: 'wrong' }, found: 'status 401', requests: 2 },
  ])('$what: the registry and the repository are named', async ({ own, found, requests }) => {
    const server = await start(
      locked(
        () => BASIC,
        () => 'Basic realm="registry"',
      ),
    );
    await expect(clientOf(server, { credentials: own }).tags('hello')).rejects.toMatchObject({
      code: 'registry-unauthorized',
      retryable: false,
      message:
        `registry ${server.host} repository hello: expected credentials that may pull, found ${found}. ` +
        'Check the credentials of this registry in sluice.yml.',
    });
    expect(server.asked).toHaveLength(requests);
  });

  test.each([
    { what: 'without a challenge', challenge: '' },
    { what: 'with a challenge of another kind', challenge: 'Negotiate' },
  ])('401 $what', async ({ challenge }) => {
    const server = await start(
      locked(
        () => BASIC,
        () => challenge,
      ),
    );
    await expect(clientOf(server, { credentials }).tags('hello')).rejects.toMatchObject({
      code: 'registry-unauthorized',
      found: 'no way to use them',
    });
  });
});

interface Tokens {
  readonly server: ScriptedServer;
  readonly service: ScriptedServer;
}

/** A registry whose token service gives `token-1`, `token-2` and so on; the latest is good. */
async function startWithTokens(
  answer: (token: string, asked: Asked) => Answer | 'hangs' = (token) => ({ body: { token } }),
  challenge = (realm: string) => `Bearer realm="${realm}",service="registry",scope="repository:hello:pull"`,
): Promise<Tokens> {
  let given = 0;
  const service = await start((asked) => {
    given += 1;
    return answer(`token-${given}`, asked);
  });
  const server = await start(
    locked(
      () => `Bearer token-${given}`,
      () => challenge(`${service.url}/token`),
    ),
  );
  return { server, service };
}

describe('a token', () => {
  test('is asked for once with our credentials, and kept', async () => {
    const { server, service } = await startWithTokens();
    const client = clientOf(server, { credentials });
    expect(await client.image('hello', '1.0', { created: false })).toEqual(facts);
    await client.image('hello', '1.1', { created: false });
    expect(service.asked).toEqual([
      {
        method: 'GET',
        target: '/token?scope=repository%3Ahello%3Apull&service=registry',
        authorization: BASIC,
        accept: expect.anything(),
      },
    ]);
    expect(server.asked.map(({ authorization }) => authorization)).toEqual([
      undefined,
      'Bearer token-1',
      'Bearer token-1',
    ]);
  });

  test('is asked for without credentials where there are none', async () => {
    const { server, service } = await startWithTokens();
    expect(await clientOf(server).image('hello', '1.0', { created: false })).toEqual(facts);
    expect(service.asked[0]?.authorization).toBeUndefined();
  });

  test('is shared by calls at the same time', async () => {
    const { server, service } = await startWithTokens();
    const client = clientOf(server, { credentials });
    const calls = Array.from({ length: 20 }, async () => client.image('hello', '1.0', { created: false }));
    expect(await Promise.all(calls)).toEqual(calls.map(() => facts));
    expect(service.asked).toHaveLength(1);
  });

  test('that came while another call was on its way is used by that call too', async () => {
    const { server, service } = await startWithTokens();
    const client = clientOf(server);
    const late = client.image('hello', '1.1', { created: false });
    await client.image('hello', '1.0', { created: false });
    await late;
    expect(service.asked).toHaveLength(1);
  });

  test('is one for each repository', async () => {
    const { server, service } = await startWithTokens(undefined, (realm) => `Bearer realm="${realm}"`);
    const client = clientOf(server);
    await client.image('hello', '1.0', { created: false });
    await expect(client.tags('other')).rejects.toMatchObject({ code: 'registry-not-found' });
    expect(service.asked.map(({ target }) => target)).toEqual([
      '/token?scope=repository%3Ahello%3Apull',
      '/token?scope=repository%3Aother%3Apull',
    ]);
  });

  test.each([
    { what: 'in its own time', reply: { expires_in: 300 }, after: 289, asks: 1 },
    { what: 'ten seconds before its end', reply: { expires_in: 300 }, after: 290, asks: 2 },
    { what: 'of a service that does not say, within a minute', reply: {}, after: 49, asks: 1 },
    { what: 'of a service that does not say, after it', reply: {}, after: 50, asks: 2 },
  ])('$what: $asks asked for', async ({ reply, after, asks }) => {
    let time = 0;
    const { server, service } = await startWithTokens((token) => ({ body: { token, ...reply } }));
    const client = clientOf(server, { now: () => time });
    await client.image('hello', '1.0', { created: false });
    time += after * 1000;
    expect(await client.image('hello', '1.0', { created: false })).toEqual(facts);
    expect(service.asked).toHaveLength(asks);
  });

  test('that is refused before its time is asked for anew', async () => {
    let revoked = false;
    const service = await start(() => ({ body: { token: revoked ? 'new' : 'old', expires_in: 3600 } }));
    const server = await start(
      locked(
        () => (revoked ? 'Bearer new' : 'Bearer old'),
        () => `Bearer realm="${service.url}"`,
      ),
    );
    const client = clientOf(server);
    await client.image('hello', '1.0', { created: false });
    revoked = true;
    expect(await client.image('hello', '1.0', { created: false })).toEqual(facts);
    expect(server.asked.map(({ authorization }) => authorization)).toEqual([
      undefined,
      'Bearer old',
      'Bearer old',
      'Bearer new',
    ]);
  });

  test.each<{ what: string; answer: (token: string) => Answer; challenge?: (realm: string) => string }>([
    { what: 'named access_token', answer: (token) => ({ body: { access_token: token } }) },
    {
      what: 'offered beside basic',
      answer: (token) => ({ body: { token } }),
      challenge: (realm) => `Basic realm="r", Bearer realm="${realm}",service="s"`,
    },
    {
      what: 'offered before basic',
      answer: (token) => ({ body: { token } }),
      challenge: (realm) => `Bearer realm="${realm}", service="s", Basic realm="r"`,
    },
    {
      what: 'with bare parameters',
      answer: (token) => ({ body: { token } }),
      challenge: (realm) => `bearer realm=${realm},scope="repository:hello:pull,push"`,
    },
    {
      what: 'whose parameters have capitals and spaces around their =',
      answer: (token) => ({ body: { token } }),
      challenge: (realm) => `Bearer  Realm = "${realm}" ,\tService= "registry"`,
    },
    {
      what: 'beside a parameter that reads like another challenge',
      answer: (token) => ({ body: { token } }),
      challenge: (realm) => `Bearer error="denied, Basic realm=x, \\"y\\"",realm="${realm}"`,
    },
    {
      what: 'offered beside one that is not known',
      answer: (token) => ({ body: { token } }),
      challenge: (realm) => `Negotiate YWJj==, Bearer realm="${realm}"`,
    },
    { what: 'beside nulls', answer: (token) => ({ body: { token, access_token: null, expires_in: null } }) },
    { what: 'after a null', answer: (token) => ({ body: { token: null, access_token: token } }) },
    { what: 'after an empty one', answer: (token) => ({ body: { token: '', access_token: token } }) },
    { what: 'with its time as text', answer: (token) => ({ body: { token, expires_in: '300' } }) },
    { what: 'with a time that is none', answer: (token) => ({ body: { token, expires_in: 'soon' } }) },
  ])('$what', async ({ answer, challenge }) => {
    const { server } = await startWithTokens(answer, challenge);
    expect(await clientOf(server, { credentials }).image('hello', '1.0', { created: false })).toEqual(facts);
  });
});

describe('a token service on a private address', () => {
  test.each([
    { what: 'named by the operator gives a token to a registry of plain HTTP', alsoAt: ['0.0.0.0'], asked: 1 },
    { what: 'that nobody named gets no credentials', alsoAt: ['10.0.0.1'], asked: 0 },
  ])('$what', async ({ alsoAt, asked }) => {
    // A forbidden address that leads to this machine and is not known as loopback.
    const elsewhere = (realm: string) => realm.replace('127.0.0.1', '0.0.0.0');
    const { server, service } = await startWithTokens(undefined, (realm) => `Bearer realm="${elsewhere(realm)}"`);
    const found = await clientOf(server, { credentials, alsoAt })
      .image('hello', '1.0', { created: false })
      .catch((error: unknown) => error);
    expect(found).toMatchObject(asked === 1 ? facts : { code: 'registry-unauthorized' });
    expect(service.asked).toHaveLength(asked);
  });
});

describe('a token service that gives none', () => {
  test.each<{
    what: string;
    answer: Answer | 'hangs';
    code: string;
    retryable: boolean;
    text: (tokens: { readonly [Name in keyof Tokens]: string }) => string;
  }>([
    {
      what: '401',
      answer: { status: 401 },
      code: 'registry-unauthorized',
      retryable: false,
      text: ({ server }) =>
        `registry ${server} repository hello: expected credentials that may pull, ` +
        'found status 401 of its token service. Check the credentials of this registry in sluice.yml.',
    },
    {
      what: '500',
      answer: { status: 500 },
      code: 'registry-unavailable',
      retryable: true,
      text: ({ server }) => `registry ${server}: expected a token of its token service, found status 500`,
    },
    {
      what: '429',
      answer: { status: 429, headers: { 'retry-after': '20' } },
      code: 'registry-rate-limited',
      retryable: true,
      text: ({ server, service }) => `host ${service} of registry ${server}: too many requests; it asks to wait 20 s`,
    },
    {
      what: 'no JSON',
      answer: { body: '<html>' },
      code: 'registry-reply-invalid',
      retryable: false,
      text: ({ server }) => `registry ${server}: expected a token of its token service, found something else`,
    },
    {
      what: 'no token',
      answer: { body: { access: [] } },
      code: 'registry-reply-invalid',
      retryable: false,
      text: ({ server }) => `registry ${server}: expected a token of its token service, found something else`,
    },
    {
      what: 'nulls alone',
      answer: { body: { token: null, access_token: null } },
      code: 'registry-reply-invalid',
      retryable: false,
      text: ({ server }) => `registry ${server}: expected a token of its token service, found something else`,
    },
    {
      what: 'a token that no header can carry',
      answer: { body: { token: 'two\nlines' } },
      code: 'registry-reply-invalid',
      retryable: false,
      text: ({ server }) => `registry ${server}: expected a token of its token service, found something else`,
    },
    {
      what: 'nothing in time',
      answer: 'hangs',
      code: 'registry-unavailable',
      retryable: true,
      text: ({ service }) => `registry ${service}: expected an answer, found no answer within 0.2 s`,
    },
  ])('$what', async ({ answer, code, retryable, text }) => {
    const { server, service } = await startWithTokens(() => answer);
    const client = clientOf(server, { credentials, timeoutMillis: 200 });
    const message = text({ server: server.host, service: service.host });
    await expect(client.image('hello', '1.0', { created: false })).rejects.toMatchObject({ code, retryable, message });
    expect(service.asked).toHaveLength(1);
  });

  test.each([
    { realm: 'http://auth.example.com/token', shown: '"http://auth.example.com/token"' },
    { realm: '', shown: '""' },
    { realm: 'file:///etc/passwd', shown: '"file:///etc/passwd"' },
  ])('a realm of "$realm" gets no credentials', async ({ realm, shown }) => {
    const server = await start(
      locked(
        () => BASIC,
        () => `Bearer realm="${realm}"`,
      ),
    );
    await expect(clientOf(server, { credentials }).tags('hello')).rejects.toMatchObject({
      code: 'registry-unauthorized',
      found: `a token service at ${shown}, which is not reached over https`,
    });
  });
});
