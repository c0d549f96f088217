import { describe, expect, test } from 'vitest';
import { freePort } from '../../cluster/free-port.ts';
import { clientOf, imageOf, type Script, serving, start } from './scripted-registry.ts';

const { manifest, config, digest } = imageOf('2026-11-01T10:00:00Z');
const serves = serving({ '1.0': manifest }, [config]);

describe('what a registry may answer', () => {
  test.each<{
    what: string;
    script: Script;
    code: string;
    retryable: boolean;
    text: (host: string) => string;
  }>([
    {
      what: '403',
      script: () => ({ status: 403 }),
      code: 'registry-unauthorized',
      retryable: false,
      text: (host) =>
        `registry ${host} repository hello: expected credentials that may pull, found status 403. ` +
        'Check the credentials of this registry in sluice.yml.',
    },
    {
      what: '404',
      script: () => ({ status: 404 }),
      code: 'registry-not-found',
      retryable: false,
      text: (host) =>
        `${host}/hello:1.0: expected an image, found none (status 404). If it was just pushed, the next sweep finds it.`,
    },
    {
      what: '500',
      script: () => ({ status: 500 }),
      code: 'registry-unavailable',
      retryable: true,
      text: (host) => `registry ${host}: expected status 200 for hello:1.0, found status 500`,
    },
    {
      what: '418',
      script: () => ({ status: 418 }),
      code: 'registry-unavailable',
      retryable: false,
      text: (host) => `registry ${host}: expected status 200 for hello:1.0, found status 418`,
    },
    {
      what: '500 for the config',
      script: (asked) => (asked.target.includes('/blobs/') ? { status: 500 } : serves(asked)),
      code: 'registry-unavailable',
      retryable: true,
      text: (host) => `registry ${host}: expected status 200 for hello@${manifest.config.digest}, found status 500`,
    },
    {
      what: 'a page instead of JSON',
      script: () => ({ body: '<html><title>Please sign in to go on, or go away</title>' }),
      code: 'registry-reply-invalid',
      retryable: false,
      text: (host) => `registry ${host}: expected JSON, found "<html><title>Please sign in to go on, or"…`,
    },
    {
      what: 'JSON that is no manifest',
      script: () => ({ body: { errors: [] } }),
      code: 'registry-reply-invalid',
      retryable: false,
      text: (host) => `registry ${host}: expected an image manifest or index, found something else`,
    },
    {
      what: 'a manifest of more than 4 MiB',
      script: () => ({ body: `{"config":"${'x'.repeat(4 * 1024 * 1024)}"}` }),
      code: 'registry-reply-invalid',
      retryable: false,
      text: (host) => `registry ${host}: expected a reply of at most 4194304 bytes, found a longer one`,
    },
    {
      what: 'a redirect without end',
      script: ({ target }) => ({ status: 307, headers: { location: `${target}x` } }),
      code: 'registry-unavailable',
      retryable: false,
      text: (host) => `registry ${host}: expected an answer, found more than 5 redirects`,
    },
    {
      what: 'a redirect to a file',
      script: () => ({ status: 302, headers: { location: 'file:///etc/passwd' } }),
      code: 'registry-unavailable',
      retryable: false,
      text: (host) => `registry ${host}: expected an answer, found a redirect to file:`,
    },
  ])('$what', async ({ script, code, retryable, text }) => {
    const server = await start(script);
    await expect(clientOf(server).image('hello', '1.0', { created: true })).rejects.toMatchObject({
      code,
      retryable,
      message: text(server.host),
    });
  });

  test('a list of tags that is none', async () => {
    const server = await start(() => ({ body: { tags: 'all' } }));
    await expect(clientOf(server).tags('hello')).rejects.toMatchObject({
      code: 'registry-reply-invalid',
      message: `registry ${server.host}: expected a list of tags, found something else`,
    });
  });
});

describe('a registry that does not answer', () => {
  test.each<{ what: string; script: Script }>([
    { what: 'at all', script: () => 'hangs' },
    { what: 'for the config', script: (asked) => (asked.target.includes('/blobs/') ? 'hangs' : serves(asked)) },
    { what: 'to its end', script: () => ({ headers: { 'content-length': '1000' }, body: 'only this' }) },
  ])('$what: retryable, after the timeout', async ({ script }) => {
    const server = await start(script);
    await expect(
      clientOf(server, { timeoutMillis: 200 }).image('hello', '1.0', { created: true }),
    ).rejects.toMatchObject({
      code: 'registry-unavailable',
      retryable: true,
      message: `registry ${server.host}: expected an answer, found no answer within 0.2 s`,
    });
  });

  test('since nobody listens there: retryable', async () => {
    const host = `127.0.0.1:${await freePort()}`;
    await expect(clientOf({ host }).tags('hello')).rejects.toMatchObject({
      code: 'registry-unavailable',
      retryable: true,
      message: `registry ${host}: expected an answer, found connect ECONNREFUSED ${host}`,
    });
  });
});

describe('a registry that limits requests', () => {
  const START = Date.UTC(2026, 10, 24, 10);
  test.each([
    { what: 'seconds', headers: { 'retry-after': '120' }, seconds: 120 },
    { what: 'a date', headers: { 'retry-after': new Date(START + 90_500).toUTCString() }, seconds: 90 },
    { what: 'a date that has passed', headers: { 'retry-after': new Date(START - 1000).toUTCString() }, seconds: 1 },
    { what: 'no time', headers: { 'retry-after': '0' }, seconds: 1 },
    { what: 'a year', headers: { 'retry-after': '31536000' }, seconds: 3600 },
    { what: 'a number past all', headers: { 'retry-after': '9'.repeat(400) }, seconds: 3600 },
    { what: 'something else', headers: { 'retry-after': 'soon' }, seconds: 30 },
    { what: 'nothing', headers: {}, seconds: 30 },
  ])('by $what: is asked nothing for $seconds seconds', async ({ headers, seconds }) => {
    let time = START;
    let limited = true;
    const server = await start((asked) => (limited ? { status: 429, headers } : serves(asked)));
    const client = clientOf(server, { now: () => time });
    const refusal = (left: number) => ({
      code: 'registry-rate-limited',
      retryable: true,
      retryAfterSeconds: left,
      message: `registry ${server.host}: too many requests; it asks to wait ${left} s`,
    });
    await expect(client.image('hello', '1.0', { created: false })).rejects.toMatchObject(refusal(seconds));
    limited = false;
    time += seconds * 1000 - 1;
    await expect(client.tags('other')).rejects.toMatchObject(refusal(1));
    expect(server.asked).toHaveLength(1);
    time += 1;
    expect(await client.image('hello', '1.0', { created: false })).toEqual({ tag: '1.0', digest });
    expect(server.asked).toHaveLength(2);
  });

  test('at its config: the manifest is not asked for again', async () => {
    const server = await start((asked) => (asked.target.includes('/blobs/') ? { status: 429 } : serves(asked)));
    const client = clientOf(server);
    await expect(client.image('hello', '1.0', { created: true })).rejects.toMatchObject({ retryAfterSeconds: 30 });
    await expect(client.image('hello', '1.0', { created: true })).rejects.toMatchObject({ retryAfterSeconds: 30 });
    expect(server.asked).toHaveLength(2);
  });
});
