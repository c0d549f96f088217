import { describe, expect, test } from 'vitest';
import { type FrontDoor, HOST, openFrontDoor, RECEIVED_AT, signatureOf } from './front-door.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;

async function call(door: FrontDoor, json: unknown) {
  const body = typeof json === 'string' ? json : JSON.stringify(json);
  return door.deliver({ path: '/push/generic', headers: signatureOf(body), body });
}

test('the image that a CI job names is queued and logged', async () => {
  const door = openFrontDoor();
  const image = `${HOST}/team/hello:1.0.1@${DIGEST}`;
  const reply = await call(door, { image, id: 'build 17', pushedAt: '2026-11-24T09:59:58Z', actor: 'ci' });
  expect([reply.statusCode, JSON.parse(reply.body ?? '')]).toEqual([202, { accepted: 1, ignored: [] }]);
  expect(await door.queued()).toEqual([
    {
      version: 1,
      id: 'build 17',
      source: 'generic',
      registry: HOST,
      repository: 'team/hello',
      tag: '1.0.1',
      digest: DIGEST,
      pushedAt: '2026-11-24T09:59:58.000Z',
      actor: 'ci',
      receivedAt: RECEIVED_AT,
    },
  ]);
  expect(door.lines).toEqual([
    {
      level: 'info',
      message: 'push received',
      source: 'generic',
      push: 'build 17',
      image: `${HOST}/team/hello`,
      tag: '1.0.1',
      digest: DIGEST,
      actor: 'ci',
    },
  ]);
});

test('the image is enough; the same call has the same id, another has another', async () => {
  const door = openFrontDoor();
  await call(door, { image: `${HOST}/hello:1.0.1` });
  await call(door, { image: `${HOST}/hello:1.0.1` });
  await call(door, { image: `${HOST}/hello:1.0.2` });
  const [first, again, other] = await door.queued();
  expect(first).toEqual({
    version: 1,
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    source: 'generic',
    registry: HOST,
    repository: 'hello',
    tag: '1.0.1',
    pushedAt: RECEIVED_AT,
    receivedAt: RECEIVED_AT,
  });
  expect(again).toEqual(first);
  expect(other?.id).not.toBe(first?.id);
});

describe('the signed time of a call', () => {
  const image = `${HOST}/hello:1.0.1`;
  const minutesFrom = (minutes: number) => new Date(Date.parse(RECEIVED_AT) + minutes * 60_000).toISOString();

  test.each([
    { what: 'an old one is a replay', pushedAt: minutesFrom(-6), found: minutesFrom(-6) },
    { what: 'one of a clock that goes ahead could be replayed', pushedAt: minutesFrom(6), found: minutesFrom(6) },
    { what: 'what is no time cannot be held against the clock', pushedAt: 'now', found: 'no time' },
  ])('$what: refused with the reason', async ({ pushedAt, found }) => {
    const door = openFrontDoor();
    const reply = await call(door, { image, pushedAt });
    expect(reply.statusCode).toBe(400);
    expect(reply.body).toContain(
      `push: expected a time within five minutes of ${RECEIVED_AT}, found ${found}. ` +
        'Send the time of the call itself, of a clock that is set.',
    );
    expect(await door.queued()).toEqual([]);
  });

  test.each([
    { what: 'of four minutes ago', pushedAt: minutesFrom(-4), kept: minutesFrom(-4) },
    { what: 'of four minutes ahead is the time of the receipt', pushedAt: minutesFrom(4), kept: RECEIVED_AT },
  ])('$what is taken', async ({ pushedAt, kept }) => {
    const door = openFrontDoor();
    expect((await call(door, { image, pushedAt })).statusCode).toBe(202);
    expect(await door.queued()).toEqual([expect.objectContaining({ pushedAt: kept })]);
  });
});

test("Docker Hub's short names are its own", async () => {
  const door = openFrontDoor([{ host: 'docker.io', source: 'generic', secret: 'a secret of CI' }]);
  await call(door, { image: 'alpine:3' });
  await call(door, { image: 'index.docker.io/team/hello:1' });
  expect((await door.queued()).map(({ registry, repository }) => `${registry}/${repository}`)).toEqual([
    'docker.io/library/alpine',
    'docker.io/team/hello',
  ]);
});

describe('is taken and passed over:', () => {
  test.each([
    {
      what: 'a registry that this secret is not for',
      image: 'registry.example.net/hello:1',
      reason: `registry.example.net/hello:1 is not of ${HOST}, which this secret is for`,
    },
    {
      what: 'a short name, which is of Docker Hub',
      image: 'hello:1',
      reason: `docker.io/library/hello:1 is not of ${HOST}, which this secret is for`,
    },
  ])('$what', async ({ image, reason }) => {
    const door = openFrontDoor();
    const reply = await call(door, { image });
    expect([reply.statusCode, JSON.parse(reply.body ?? '')]).toEqual([202, { accepted: 0, ignored: [reason] }]);
    expect(await door.queued()).toEqual([]);
    expect(door.lines).toEqual([{ level: 'info', message: 'push ignored', source: 'generic', reason }]);
  });
});

const TAG_HINT = 'Send the tag that the job pushed; a variable such as $CI_COMMIT_TAG is empty on a branch.';

describe('is refused with the reason:', () => {
  const form = '{"image": "host/repository:tag"}';
  const grammar = 'an image like registry.example.com/team/app:1.0.0, with the repository in lower case';
  test.each([
    {
      what: 'no tag',
      body: { image: `${HOST}/hello` },
      reason: `push: expected a tag of ${HOST}/hello, found none. ${TAG_HINT}`,
    },
    {
      what: 'a digest alone',
      body: { image: `${HOST}/hello@${DIGEST}` },
      reason: `push: expected a tag of ${HOST}/hello@${DIGEST}, found none. ${TAG_HINT}`,
    },
    { what: 'broken JSON', body: '{"image": ', reason: `push: expected ${form}, found no JSON` },
    { what: 'no JSON at all', body: `image=${HOST}/hello:1`, reason: `push: expected ${form}, found no JSON` },
    {
      what: 'no image',
      body: {},
      reason: `push: expected ${form}, found image: Invalid input: expected string, received undefined`,
    },
    {
      what: 'a text',
      body: '"hello:1"',
      reason: `push: expected ${form}, found the body: Invalid input: expected object, received string`,
    },
    {
      what: 'two faults',
      body: { image: 1, id: '' },
      reason:
        `push: expected ${form}, found image: Invalid input: expected string, received number; ` +
        'id: Too small: expected string to have >=1 characters',
    },
    {
      what: 'an image of 300,000 characters',
      body: { image: `${HOST}/${'a'.repeat(300_000)}:1` },
      reason: `push: expected ${form}, found image: Too big: expected string to have <=1024 characters`,
    },
    {
      what: 'an image that is none',
      body: { image: `${HOST}/Hello:1` },
      reason: `push: image: expected ${grammar}, found "${HOST}/Hello:1" (wrong at character 22)`,
    },
    { what: 'an empty image', body: { image: '' }, reason: `push: image: expected ${grammar}, found ""` },
  ])('$what', async ({ body, reason }) => {
    const door = openFrontDoor();
    const reply = await call(door, body);
    expect([reply.statusCode, JSON.parse(reply.body ?? '')]).toEqual([400, { reason }]);
    expect(await door.queued()).toEqual([]);
    expect(door.lines).toEqual([
      {
        level: 'warn',
        message: 'push refused',
        source: 'generic',
        error: { code: 'push-malformed', message: reason, retryable: false },
      },
    ]);
  });
});
