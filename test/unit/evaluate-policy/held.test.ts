import { describe, expect, test } from 'vitest';
import { createHandler } from '../../../functions/evaluate-policy/handler.ts';
import { contextOf } from '../../../infra/local/functions.ts';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { siteReader } from '../../../shared/decision/site-reader.ts';
import { SluiceError } from '../../../shared/errors.ts';
import { type ImagePush, imagePushSchema, imageUpdatesSchema, readMessage } from '../../../shared/queue/messages.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryGitHost, watched } from '../../fakes/memory-git-host.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../../fakes/recording.ts';
import { sqsEvent } from '../../fakes/sqs-event.ts';

const IMAGE = 'registry.example.com/hello';
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

/** What comes of a push where this is frozen. */
async function evaluate(freezes: string | undefined, push: ImagePush = PUSH, extra = '') {
  const { log, lines } = recordingLog();
  const [updates, pushes] = [recordingSender(), recordingSender()];
  const file = freezes === undefined ? undefined : { '.sluice/freeze.yml': freezes };
  const host = memoryGitHost({ 'web.yml': deployment(`${IMAGE}:1.0.0`, 'semver:~1', extra), ...file });
  const handler = createHandler({
    repositories: [watched(host)],
    readSites: siteReader({ cache: memoryCache(), log }),
    registry: () => memoryRegistry({ '1.0.0': undefined, '1.0.1': undefined, '1.0.2': undefined }),
    ...{ updates, pushes, deadLetters: recordingSender(), maxReceives: 5, log, now: () => NOW },
  });
  expect(await handler(sqsEvent([JSON.stringify(push)]), contextOf('evaluate-policy'))).toEqual({
    batchItemFailures: [],
  });
  const sent = updates.sent.flatMap(({ body }) => readMessage(imageUpdatesSchema, body, 'message'));
  const later = pushes.sent.map(({ body, delaySeconds }) => ({
    push: readMessage(imagePushSchema, body, 'message'),
    delaySeconds,
  }));
  return { tags: sent.map(({ to }) => to.tag), later, lines };
}

const until = (text: string) => `- { reason: incident 42, from: 2026-12-04, until: "${text}" }\n`;

describe('an update in a freeze', () => {
  test('is told with what holds it and until when, and nothing is sent', async () => {
    const { tags, later, lines } = await evaluate(until('2026-12-24'));
    expect({ tags, later }).toEqual({ tags: [], later: [] });
    expect(lines).toContainEqual(
      expect.objectContaining({
        message: 'image kept',
        because: 'held',
        from: `${IMAGE}:1.0.0`,
        to: '1.0.1',
        reason: 'frozen in .sluice/freeze.yml: incident 42',
        until: '2026-12-25T00:00:00.000Z',
      }),
    );
  });

  test('that ends soon comes again then, as a message', async () => {
    const { tags, later } = await evaluate(until('2026-12-04T20:10:00Z'));
    expect(tags).toEqual([]);
    expect(later).toEqual([{ push: { ...PUSH, heldUntil: '2026-12-04T20:10:00.000Z' }, delaySeconds: 600 }]);
  });

  test.each([
    { what: 'a freeze that is over', freezes: until('2026-12-04T19:00:00Z') },
    {
      what: 'a freeze that is still to come',
      freezes: '- { reason: holidays, from: 2026-12-20, until: 2027-01-03 }\n',
    },
    { what: 'no freeze', freezes: undefined },
  ])('$what lets it go', async ({ freezes }) => {
    expect(await evaluate(freezes)).toMatchObject({ tags: ['1.0.1'], later: [] });
  });

  test('of what its policy does not take is not told', async () => {
    const { lines } = await evaluate(until('2026-12-24'), { ...PUSH, tag: '2.0.0' });
    expect(lines).toContainEqual(expect.objectContaining({ message: 'image kept', because: 'no-match' }));
  });
});

test('a push that waited for the end of a hold brings the newest, whatever was pushed', async () => {
  expect(await evaluate(undefined, { ...PUSH, heldUntil: '2026-12-04T20:00:00.000Z' })).toMatchObject({
    tags: ['1.0.2'],
  });
});

test('a push that waited is held again where a freeze was extended meanwhile', async () => {
  const push = { ...PUSH, heldUntil: '2026-12-04T20:00:00.000Z' };
  const { tags, later } = await evaluate(until('2026-12-04T20:05:00Z'), push);
  expect(tags).toEqual([]);
  expect(later).toEqual([{ push: { ...push, heldUntil: '2026-12-04T20:05:00.000Z' }, delaySeconds: 300 }]);
});

describe('a push that several repositories hold', () => {
  const END = '2026-12-04T20:10:00Z';

  /** What comes of pushes where each of three branches is frozen until then, or cannot be read. */
  async function evaluateAtThree(waiting: readonly ImagePush[], isAway = false, pushes = recordingSender()) {
    const { log } = recordingLog();
    const frozen = (branch: string) => {
      const files = { 'web.yml': deployment(`${IMAGE}:1.0.0`, 'semver:~1'), '.sluice/freeze.yml': until(END) };
      const { config, host } = watched(memoryGitHost(files));
      const read = isAway && branch === 'c' ? { head: async () => Promise.reject(AWAY) } : {};
      return { config: { ...config, branch }, host: { ...host, ...read } };
    };
    const handler = createHandler({
      repositories: ['a', 'b', 'c'].map(frozen),
      readSites: siteReader({ cache: memoryCache(), log }),
      registry: () => memoryRegistry({ '1.0.0': undefined, '1.0.1': undefined, '1.0.2': undefined }),
      ...{ updates: recordingSender(), pushes, deadLetters: recordingSender(), maxReceives: 5, log, now: () => NOW },
    });
    const bodies = waiting.map((push) => JSON.stringify(push));
    const { batchItemFailures } = await handler(sqsEvent(bodies), contextOf('evaluate-policy'));
    return { failures: batchItemFailures.length, later: pushes.sent.map(({ body }) => JSON.parse(body)) };
  }

  const AWAY = new SluiceError({ code: 'git-unavailable', subject: 'git', found: 'nothing', retryable: true });
  const HELD = { ...PUSH, heldUntil: new Date(Date.parse(END)).toISOString() };

  test('comes again once, not once for each of them', async () => {
    expect(await evaluateAtThree([PUSH])).toEqual({ failures: 0, later: [HELD] });
  });

  test('comes again once where several of its image waited before', async () => {
    const waited = { ...PUSH, heldUntil: '2026-12-04T20:00:00.000Z' };
    expect(await evaluateAtThree([waited, { ...waited, tag: '1.0.2' }])).toEqual({ failures: 0, later: [HELD] });
  });

  test('comes again by its queue alone where one of them cannot be read', async () => {
    expect(await evaluateAtThree([PUSH], true)).toEqual({ failures: 1, later: [] });
  });

  test('goes back to its queue where the message for later cannot be sent', async () => {
    const refusing = { sent: [], send: async () => Promise.reject(AWAY) };
    expect(await evaluateAtThree([PUSH], false, refusing)).toEqual({ failures: 1, later: [] });
  });
});
