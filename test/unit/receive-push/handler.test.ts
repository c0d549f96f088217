import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  bearer,
  type Delivered,
  DISTRIBUTION_SECRET,
  GENERIC_SECRET,
  HOST,
  openFrontDoor,
  signatureOf,
} from './front-door.ts';

const event = { id: '1', action: 'push', target: { repository: 'hello', tag: '1.0.1' }, request: { host: HOST } };
const envelope = { events: [event] };
const image = JSON.stringify({ image: `${HOST}/hello:1.0.1` });
const MAX_BODY_BYTES = 1_048_576;

describe('who does not prove to be a sender is told nothing:', () => {
  const distribution = 'push of source "distribution": expected a sender that is configured, found ';
  const generic = 'push of source "generic": expected a sender that is configured, found ';
  const proof = 'a wrong secret or signature, or none';
  const path = '/push/generic';
  test.each<{ what: string; delivered: Delivered; reason: string }>([
    { what: 'no header', delivered: { headers: {}, body: envelope }, reason: distribution + proof },
    {
      what: 'an empty header',
      delivered: { headers: { authorization: '' }, body: envelope },
      reason: distribution + proof,
    },
    {
      what: 'no token',
      delivered: { headers: { authorization: 'Bearer ' }, body: envelope },
      reason: distribution + proof,
    },
    {
      what: 'a wrong secret',
      delivered: { headers: { authorization: 'Bearer a secret of the registrz' }, body: envelope },
      reason: distribution + proof,
    },
    {
      what: 'the beginning of the secret',
      delivered: { headers: { authorization: `Bearer ${DISTRIBUTION_SECRET.slice(0, -1)}` }, body: envelope },
      reason: distribution + proof,
    },
    {
      what: 'the secret of another source',
      delivered: { headers: { authorization: `Bearer ${GENERIC_SECRET}` }, body: envelope },
      reason: distribution + proof,
    },
    {
      what: 'the secret under another scheme',
      delivered: { headers: { authorization: `Basic ${DISTRIBUTION_SECRET}` }, body: envelope },
      reason: distribution + proof,
    },
    { what: 'broken JSON without a secret', delivered: { headers: {}, body: '{' }, reason: distribution + proof },
    { what: 'no signature', delivered: { path, headers: {}, body: image }, reason: generic + proof },
    {
      what: 'the secret where its signature belongs',
      delivered: { path, headers: { 'x-signature': GENERIC_SECRET }, body: image },
      reason: generic + proof,
    },
    {
      what: 'a signature of another body',
      delivered: { path, headers: signatureOf(`${image} `), body: image },
      reason: generic + proof,
    },
    {
      what: 'a signature by another secret',
      delivered: { path, headers: signatureOf(image, 'another'), body: image },
      reason: generic + proof,
    },
    {
      what: 'a signature without its kind',
      delivered: { path, headers: { 'x-signature': signatureOf(image)['x-signature']?.slice(7) ?? '' }, body: image },
      reason: generic + proof,
    },
    {
      what: 'a source that is not configured',
      delivered: { path: '/push/quay', body: envelope },
      reason: 'push of source "quay": expected a sender that is configured, found no registry with this source',
    },
    {
      what: 'a source whose name every object has',
      delivered: { path: '/push/constructor', body: envelope },
      reason: 'push of source "constructor": expected a sender that is configured, found no registry with this source',
    },
  ])('$what', async ({ delivered, reason }) => {
    const door = openFrontDoor();
    expect(await door.deliver(delivered)).toEqual({ statusCode: 401 });
    expect(await door.queued()).toEqual([]);
    expect(door.lines).toEqual([
      {
        level: 'warn',
        message: 'push refused',
        source: (delivered.path ?? '/push/distribution').slice('/push/'.length),
        error: { code: 'push-unauthentic', message: reason, retryable: false },
      },
    ]);
  });

  test('a secret that is configured as nothing opens to nobody', async () => {
    const door = openFrontDoor([
      { host: HOST, source: 'distribution', secret: '' },
      { host: HOST, source: 'generic', secret: '' },
    ]);
    const deliveries: readonly Delivered[] = [
      { headers: {}, body: envelope },
      { headers: { authorization: '' }, body: envelope },
      { headers: { authorization: 'Bearer ' }, body: envelope },
      { path: '/push/generic', headers: signatureOf(image, ''), body: image },
    ];
    const replies = await Promise.all(deliveries.map(async (delivered) => door.deliver(delivered)));
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([401, 401, 401, 401]);
  });
});

describe('a body of', () => {
  const padded = (bytes: number) => image.padEnd(bytes);
  test.each([
    { what: '1 MiB', body: padded(MAX_BODY_BYTES), status: 202 },
    { what: '1 MiB and one byte', body: padded(MAX_BODY_BYTES + 1), status: 413 },
    { what: '1 MiB in base64', body: Buffer.from(padded(MAX_BODY_BYTES)), status: 202 },
    { what: '1 MiB and one byte in base64', body: Buffer.from(padded(MAX_BODY_BYTES + 1)), status: 413 },
    { what: 'fewer letters than bytes', body: `${image}${' '.repeat(1_000_000)}${'ü'.repeat(40_000)}`, status: 413 },
  ])('$what: $status', async ({ body, status }) => {
    const door = openFrontDoor();
    const reply = await door.deliver({ path: '/push/generic', headers: signatureOf(body), body });
    expect(reply.statusCode).toBe(status);
    expect(await door.queued()).toHaveLength(status === 202 ? 1 : 0);
  });

  test('more than 1 MiB is refused before its signature is looked at, with the numbers', async () => {
    const door = openFrontDoor();
    const reply = await door.deliver({ headers: {}, body: padded(2_000_000) });
    const reason = 'push of source distribution: expected at most 1048576 bytes, found 2000000';
    expect([reply.statusCode, JSON.parse(reply.body ?? '')]).toEqual([413, { reason }]);
    const error = { code: 'push-too-large', message: reason, retryable: false };
    expect(door.lines).toEqual([{ level: 'warn', message: 'push refused', source: 'distribution', error }]);
  });
});

test('bytes that are no text are signed and read as they are', async () => {
  const body = gzipSync(image);
  const door = openFrontDoor();
  const reply = await door.deliver({ path: '/push/generic', headers: signatureOf(body), body });
  expect([reply.statusCode, JSON.parse(reply.body ?? '')]).toEqual([
    400,
    { reason: 'push: expected {"image": "host/repository:tag"}, found no JSON' },
  ]);
});

test('a body in base64 is the same delivery', async () => {
  const door = openFrontDoor();
  const reply = await door.deliver({ body: Buffer.from(JSON.stringify(envelope)) });
  expect([reply.statusCode, JSON.parse(reply.body ?? '')]).toEqual([202, { accepted: 1, ignored: [] }]);
});

test('a body that is JSON ten thousand times deep is read', async () => {
  const body = `{"events":[${'['.repeat(40_000)}${']'.repeat(40_000)}]}`;
  const reply = await openFrontDoor().deliver({ body });
  expect(JSON.parse(reply.body ?? '').ignored).toEqual(['an event that cannot be read (not an object)']);
});

describe('only POST /push/{source} is served:', () => {
  test.each([
    { method: 'GET', path: '/push/distribution' },
    { method: 'PUT', path: '/push/distribution' },
    { method: 'POST', path: '/push' },
    { method: 'POST', path: '/push/' },
    { method: 'POST', path: '/push/distribution/more' },
    { method: 'POST', path: '/push/Distribution' },
    { method: 'POST', path: '/' },
  ])('$method $path is not', async ({ method, path }) => {
    const reply = await openFrontDoor().deliver({ method, path, body: envelope });
    expect([reply.statusCode, JSON.parse(reply.body ?? '')]).toEqual([404, { reason: 'expected POST /push/{source}' }]);
  });

  test('a slash at the end does not matter', async () => {
    expect(await openFrontDoor().deliver({ path: '/push/distribution/', body: envelope })).toMatchObject({
      statusCode: 202,
    });
  });
});

test('where the queue does not answer, the sender is told to come again', async () => {
  const door = openFrontDoor();
  door.closeQueue();
  const reply = await door.deliver({ headers: bearer, body: envelope });
  expect([reply.statusCode, JSON.parse(reply.body ?? '')]).toEqual([503, { reason: 'the queue does not take it now' }]);
  const error = {
    code: 'queue-unavailable',
    message: expect.stringMatching(/^queue pushes: expected the store to answer, found database is not open/),
    retryable: true,
  };
  expect(door.lines).toEqual([
    {
      level: 'error',
      message: 'push not taken',
      source: 'distribution',
      push: '1',
      image: 'registry.example.com/hello',
      tag: '1.0.1',
      error,
    },
  ]);
});

test('no log line holds a secret, a signature or a body', async () => {
  const door = openFrontDoor();
  const marked = JSON.stringify({ image: 1, password: 'hunter2' });
  const signature = signatureOf(marked);
  await door.deliver({ path: '/push/generic', headers: signature, body: marked });
  await door.deliver({ path: '/push/generic', headers: signature, body: `hunter2${marked}` });
  await door.deliver({ path: '/push/generic', headers: signatureOf('hunter2'), body: 'hunter2' });
  await door.deliver({ headers: bearer, body: 'hunter2' });
  await door.deliver({ headers: { authorization: 'Bearer hunter2' }, body: envelope });
  door.closeQueue();
  await door.deliver({ headers: bearer, body: { events: [event], password: 'hunter2' } });
  expect(door.lines).toHaveLength(6);
  const log = JSON.stringify(door.lines);
  for (const secret of ['hunter2', DISTRIBUTION_SECRET, GENERIC_SECRET, signature['x-signature']]) {
    expect(log).not.toContain(secret);
  }
});
