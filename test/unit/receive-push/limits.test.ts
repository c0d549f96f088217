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

  test.each([
    {
      name: '101 events',
      body: { events: Array.from({ length: 101 }, (_, index) => push(`event-${index}`)) },
      count: 101,
    },
    { name: 'a mebibyte of {}', body: `{"events":[${'{},'.repeat(349_000)}{}]}`, count: 349_001 },
  ])('of $name is refused as a whole, by one line and one sentence', async ({ body, count }) => {
    const door = openFrontDoor();
    const answer = await door.deliver({ headers: bearer, body });
    expect([answer.statusCode, JSON.parse(answer.body ?? '')]).toEqual([
      413,
      { reason: `push: expected at most 100 events in a delivery, found ${count}. Send them in several.` },
    ]);
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
