import { describe, expect, test } from 'vitest';
import { bearer, HOST, openFrontDoor } from './front-door.ts';

const push = (id: string) => ({
  id,
  action: 'push',
  target: { repository: 'team/hello', tag: '1.0.1' },
  request: { host: HOST },
});

describe('a delivery of many events', () => {
  test('of 100 is taken', async () => {
    const door = openFrontDoor();
    const events = Array.from({ length: 100 }, (_, index) => push(`event-${index}`));
    const { statusCode, body } = await door.deliver({ headers: bearer, body: { events } });
    expect([statusCode, JSON.parse(body ?? '')]).toEqual([202, { accepted: 100, ignored: [] }]);
  });

  test('of 100 that name all of an image of 40 layers each is taken', async () => {
    const door = openFrontDoor();
    const digest = `sha256:${'a'.repeat(64)}`;
    const references = Array.from({ length: 40 }, () => ({ mediaType: 'layer', size: 1, digest }));
    const target = { ...push('').target, digest, references };
    const events = Array.from({ length: 100 }, (_, index) => ({ ...push(`event-${index}`), target }));
    const { statusCode } = await door.deliver({ headers: bearer, body: { events } });
    expect(statusCode).toBe(202);
  });

  test.each([
    {
      name: '101 events',
      body: { events: Array.from({ length: 101 }, (_, index) => push(`event-${index}`)) },
      reason: 'push: expected at most 100 events in a delivery, found 101. Send them in several.',
    },
    {
      name: 'a mebibyte of {}',
      body: `{"events":[${'{},'.repeat(349_000)}{}]}`,
      reason: 'push of source distribution: expected at most 50000 values in a delivery, found 698003',
    },
    {
      name: 'a mebibyte of [',
      body: '['.repeat(1024 * 1024),
      reason: 'push of source distribution: expected at most 50000 values in a delivery, found 1048576',
    },
  ])('of $name is refused as a whole, by one line and one sentence', async ({ body, reason }) => {
    const door = openFrontDoor();
    const answer = await door.deliver({ headers: bearer, body });
    expect([answer.statusCode, JSON.parse(answer.body ?? '')]).toEqual([413, { reason }]);
    expect(door.lines).toHaveLength(1);
    expect(await door.queued()).toEqual([]);
  });

  test('that are of no interest is answered by no more than 300 characters for each', async () => {
    const door = openFrontDoor();
    const events = Array.from({ length: 100 }, () => ({ ...push('a'), action: 'x'.repeat(1000) }));
    const { body } = await door.deliver({ headers: bearer, body: { events } });
    expect(body?.length).toBeLessThan(100 * 310);
  });
});
