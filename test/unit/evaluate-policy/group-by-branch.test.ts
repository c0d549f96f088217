import { describe, expect, test } from 'vitest';
import { groupByBranch } from '../../../functions/evaluate-policy/group-by-branch.ts';
import { type ImageUpdate, imageUpdatesSchema, readMessage } from '../../../shared/queue/messages.ts';
import { MAX_BODY_BYTES } from '../../../shared/queue/port.ts';

function update(more: Partial<ImageUpdate> = {}): ImageUpdate {
  return {
    version: 1,
    repository: 'https://git.example.com/hello.git',
    branch: 'main',
    revision: 'c0ffee',
    site: { file: 'k8s/deploy.yml', object: 'deployment/default/hello', container: 'hello' },
    image: 'registry.example.com/hello',
    from: 'registry.example.com/hello:1.0.0',
    to: { tag: '1.0.1' },
    policy: 'semver:~1',
    push: { id: 'event-1', source: 'generic', receivedAt: '2026-11-23T10:00:00Z' },
    ...more,
  };
}

const updatesOf = (body: string) => readMessage(imageUpdatesSchema, body, 'message of queue updates');

describe('messages of updates', () => {
  test('carry all that one branch is to get', () => {
    const updates = [update(), update({ branch: 'stage' }), update({ to: { tag: '1.0.2' } })];
    const messages = groupByBranch(updates);
    expect(messages.map(({ body }) => updatesOf(body))).toEqual([[updates[0], updates[2]], [updates[1]]]);
    expect(new Set(messages.map(({ groupId }) => groupId)).size).toBe(2);
  });

  test('of nothing are none', () => {
    expect(groupByBranch([])).toEqual([]);
  });

  test('are as many as the queue’s limit asks for, in order', () => {
    const updates = Array.from({ length: 1000 }, (_, index) =>
      update({ to: { tag: `1.0.${index}` }, policy: `ä${'x'.repeat(500)}` }),
    );
    const messages = groupByBranch(updates);
    expect(messages.length).toBeGreaterThan(1);
    expect(messages.filter(({ body }) => Buffer.byteLength(body) > MAX_BODY_BYTES)).toEqual([]);
    expect(messages.flatMap(({ body }) => updatesOf(body))).toEqual(updates);
    expect(new Set(messages.map(({ groupId }) => groupId)).size).toBe(1);
    expect(new Set(messages.map(({ deduplicationId }) => deduplicationId)).size).toBe(messages.length);
  });

  test('of a version before carry one update, and are read still', () => {
    expect(updatesOf(JSON.stringify(update()))).toEqual([update()]);
  });

  test.each([
    { name: 'no version', body: { updates: [] } },
    { name: 'no updates', body: { version: 2, updates: [] } },
    { name: 'half an update', body: { version: 2, updates: [{ version: 1 }] } },
  ])('with $name are refused', ({ body }) => {
    expect(() => updatesOf(JSON.stringify(body))).toThrow(
      /^message of queue updates: expected a message as this release knows it, found /,
    );
  });
});
