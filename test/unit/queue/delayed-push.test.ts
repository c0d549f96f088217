import { describe, expect, test } from 'vitest';
import { delayedPush } from '../../../shared/queue/delayed-push.ts';
import { type ImagePush, imagePushSchema, readMessage } from '../../../shared/queue/messages.ts';

const NOW = Date.parse('2026-12-04T20:00:00Z');
const PUSH: ImagePush = {
  version: 1,
  id: 'event-1',
  source: 'distribution',
  registry: 'registry.example.com',
  repository: 'hello',
  tag: '1.0.1',
  receivedAt: '2026-12-04T19:59:59.000Z',
};

describe('a push waits for the end of a hold', () => {
  test.each([
    { when: 'in a moment', until: NOW + 1, most: undefined, seconds: 1 },
    { when: 'over by now', until: NOW - 5000, most: undefined, seconds: 1 },
    { when: 'in part of a second', until: NOW + 1001, most: undefined, seconds: 2 },
    { when: 'as late as a message can wait', until: NOW + 900_000, most: undefined, seconds: 900 },
    { when: 'later than that', until: NOW + 900_001, most: undefined, seconds: undefined },
    { when: 'later than the next sweep', until: NOW + 61_000, most: 60, seconds: undefined },
    {
      when: 'later than a message can wait, before the next sweep',
      until: NOW + 1_000_000,
      most: 7200,
      seconds: undefined,
    },
    { when: 'when somebody ends it', until: undefined, most: undefined, seconds: undefined },
  ])('$when: $seconds seconds', ({ until, most, seconds }) => {
    expect(delayedPush(PUSH, until, NOW, most)?.delaySeconds).toBe(seconds);
  });

  test('and says so in its message', () => {
    const { body = '' } = delayedPush(PUSH, NOW + 60_000, NOW) ?? {};
    expect(readMessage(imagePushSchema, body, 'message')).toEqual({ ...PUSH, heldUntil: '2026-12-04T20:01:00.000Z' });
  });
});
