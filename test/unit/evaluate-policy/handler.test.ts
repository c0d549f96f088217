import type { SQSEvent } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { createHandler } from '../../../functions/evaluate-policy/handler.ts';
import { contextOf } from '../../../infra/local/functions.ts';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { siteReader } from '../../../shared/decision/site-reader.ts';
import { type ErrorCode, SluiceError } from '../../../shared/errors.ts';
import { type ImagePush, imageUpdatesSchema, readMessage } from '../../../shared/queue/messages.ts';
import type { Registry } from '../../../shared/registry/port.ts';
import { deployment } from '../../fakes/manifests.ts';
import { type MemoryGitHost, memoryGitHost, watched } from '../../fakes/memory-git-host.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../../fakes/recording.ts';
import { sqsEvent } from '../../fakes/sqs-event.ts';

const IMAGE = 'registry.example.com/hello';
const AT = '2026-11-23T10:00:00.000Z';

const push = (tag: string, change: Partial<ImagePush> = {}): ImagePush => ({
  version: 1,
  id: 'event-1',
  source: 'distribution',
  registry: 'registry.example.com',
  repository: 'hello',
  tag,
  pushedAt: AT,
  receivedAt: AT,
  ...change,
});

const eventOf = (bodies: readonly string[], receives = 1) => sqsEvent(bodies, { receives });

function evaluator(host: MemoryGitHost, registry: Registry | undefined) {
  const { log, lines } = recordingLog();
  const updates = recordingSender();
  const pushes = recordingSender();
  const deadLetters = recordingSender();
  const handler = createHandler({
    repositories: [watched(host)],
    readSites: siteReader({ cache: memoryCache(), log }),
    registry: () => registry,
    updates,
    pushes,
    deadLetters,
    maxReceives: 5,
    log,
    now: Date.now,
  });
  const run = async (event: SQSEvent) => handler(event, contextOf('evaluate-policy'));
  return { run, lines, updates, pushes, deadLetters };
}

function updatesOf({ sent }: ReturnType<typeof recordingSender>) {
  return sent.flatMap(({ body }) => readMessage(imageUpdatesSchema, body, 'message of queue updates'));
}

describe('a push that changes nothing says why', () => {
  test.each([
    {
      why: 'no manifest names the image',
      manifest: deployment('registry.example.com/other:1.0.0', 'semver:~1'),
      tag: '1.0.1',
      says: { message: 'image not used', reason: `no manifest of the configured repositories names ${IMAGE}` },
    },
    {
      why: 'no manifest that can be read names the image',
      manifest: `image: [\n---\n${deployment('registry.example.com/other:1.0.0', 'semver:~1')}`,
      tag: '1.0.1',
      says: {
        message: 'image not used',
        reason: `no manifest of the configured repositories names ${IMAGE}, as far as they can be read: not deploy.yml`,
      },
    },
    {
      why: 'nothing asks for updates',
      manifest: deployment(`${IMAGE}:1.0.0`, 'semver:~1').replace('"true"', '"false"'),
      tag: '1.0.1',
      says: {
        message: 'image kept',
        because: 'no-policy',
        reason: 'fluxcd.io/automated is "false"; "true" asks for updates',
      },
    },
    {
      why: 'nothing at all stands beside it',
      manifest: deployment(`${IMAGE}:1.0.0`, 'semver:~1').replaceAll('fluxcd.io/', 'example.com/'),
      tag: '1.0.1',
      says: {
        message: 'image kept',
        because: 'no-policy',
        reason:
          'nothing beside it asks for updates; write fluxcd.io/automated: "true" and fluxcd.io/tag.hello: <filter> ' +
          'in metadata.annotations of deployment/default/hello',
      },
    },
    {
      why: 'no filter is written, and the one that counts then leaves the tag out',
      manifest: deployment(`${IMAGE}:1.0.0`, 'x').replace('    fluxcd.io/tag.hello: x\n', ''),
      tag: 'latest',
      says: {
        message: 'image kept',
        because: 'no-match',
        reason: expect.stringMatching(
          /^tag latest matches glob:\*, but .*; glob:\* counts where no fluxcd.io\/tag.hello is written$/,
        ),
      },
    },
    {
      why: 'the workload is locked',
      manifest: deployment(
        `${IMAGE}:1.0.0`,
        'semver:~1',
        '    fluxcd.io/locked: "true"\n    fluxcd.io/locked_user: ada\n',
      ),
      tag: '1.0.1',
      says: { message: 'image kept', because: 'held', reason: expect.stringContaining('locked by ada') },
    },
    {
      why: 'the tag does not pass the filter',
      manifest: deployment(`${IMAGE}:1.0.0`, 'semver:~1'),
      tag: 'tmp',
      says: {
        message: 'image kept',
        because: 'no-match',
        reason: 'tag tmp does not pass semver:~1 (it is no version)',
      },
    },
    {
      why: 'the registry does not have the tag',
      manifest: deployment(`${IMAGE}:1.0.0`, 'semver:~1'),
      tag: '1.0.9',
      says: {
        message: 'image kept',
        because: 'not-found',
        reason: expect.stringContaining('hello:1.0.9: expected an image, found none'),
      },
    },
    {
      why: 'the policy does not compile',
      manifest: deployment(`${IMAGE}:1.0.0`, 'semver:not-a-range'),
      tag: '1.0.1',
      says: {
        message: 'policy refused',
        object: 'deployment/default/hello',
        reason: expect.stringContaining('policy semver:not-a-range: expected a range of versions'),
      },
    },
  ])('$why', async ({ manifest, tag, says }) => {
    const { run, lines, updates } = evaluator(
      memoryGitHost({ 'deploy.yml': manifest }),
      memoryRegistry({ '1.0.0': AT, '1.0.1': AT }),
    );
    expect(await run(eventOf([JSON.stringify(push(tag))]))).toEqual({ batchItemFailures: [] });
    expect(lines).toContainEqual(expect.objectContaining({ ...says, push: 'event-1', tag }));
    expect(updates.sent).toEqual([]);
  });
});

describe('a push that is taken', () => {
  test('becomes one update with all that the commit needs', async () => {
    const host = memoryGitHost({ 'deploy.yml': deployment(`${IMAGE}:1.0.0`, 'semver:~1') });
    const { run, updates } = evaluator(host, memoryRegistry({ '1.0.1': AT }));
    await run(eventOf([JSON.stringify(push('1.0.1'))]));
    expect(updatesOf(updates)).toMatchObject([
      {
        repository: 'https://git.example.com/hello.git',
        branch: 'main',
        revision: await host.head('main'),
        site: { file: 'deploy.yml', object: 'deployment/default/hello', container: 'hello' },
        image: IMAGE,
        from: `${IMAGE}:1.0.0`,
        to: { tag: '1.0.1', digest: expect.stringMatching(/^sha256:/) },
        policy: 'semver:~1',
        push: { id: 'event-1', source: 'distribution', pushedAt: AT },
      },
    ]);
  });

  test('goes by the names that a queue drops doubles by: the same for the same head, another for another', async () => {
    const host = memoryGitHost({ 'deploy.yml': deployment(`${IMAGE}:1.0.0`, 'semver:~1') });
    const { run, updates } = evaluator(host, memoryRegistry({ '1.0.1': AT }));
    const event = eventOf([JSON.stringify(push('1.0.1'))]);
    await run(event);
    await run(event);
    host.push({ 'README.md': 'another head' });
    await run(event);
    const [first, second, third] = updates.sent.map(({ deduplicationId }) => deduplicationId);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    expect(new Set(updates.sent.map(({ groupId }) => groupId)).size).toBe(1);
  });

  test('does not wait for a file that is broken: it is named, once for each revision', async () => {
    const host = memoryGitHost({
      'broken.yml': 'image: [',
      'deploy.yml': deployment(`${IMAGE}:1.0.0`, 'semver:~1'),
    });
    const { run, lines, updates } = evaluator(host, memoryRegistry({ '1.0.1': AT }));
    await run(eventOf([JSON.stringify(push('1.0.1'))]));
    await run(eventOf([JSON.stringify(push('1.0.1'))]));
    const skipped = lines.filter(({ message }) => message === 'manifest skipped');
    expect(skipped).toEqual([
      expect.objectContaining({
        error: expect.objectContaining({ code: 'manifest-invalid', message: expect.stringContaining('broken.yml:1') }),
      }),
    ]);
    expect(updates.sent).toHaveLength(2);
  });

  test('asks the registry once for each tag, however many sites use the image', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`deploy-${index}.yml`, deployment(`${IMAGE}:old`, 'glob:*')]),
    );
    const registry = memoryRegistry({ old: '2026-11-20T00:00:00Z', new: '2026-11-21T00:00:00Z' });
    const { run, updates } = evaluator(memoryGitHost(files), registry);
    await run(eventOf([JSON.stringify(push('new'))]));
    expect(updatesOf(updates)).toHaveLength(20);
    expect(registry.asked).toEqual(['new', 'old']);
  });
});

describe('nothing of an event but the tag decides', () => {
  const EPOCH = '1970-01-01T00:00:00Z';
  const DAY = (day: number) => `2026-11-0${day}T00:00:00Z`;
  const tomorrow = { pushedAt: '2099-01-01T00:00:00.000Z', receivedAt: '2099-01-01T00:00:00.000Z' };
  const says = 'tag older passes glob:*, but its image does not say when built: ';
  const UNKNOWN =
    'older passes glob:*, but the current now does not say when it was built, so that it might be the newer one';

  test.each([
    { event: 'that comes late', tags: { older: EPOCH, now: EPOCH }, pushes: [push('older')], reason: says },
    {
      event: 'that comes twice',
      tags: { older: EPOCH, now: EPOCH },
      pushes: [push('older'), push('older')],
      reason: says,
    },
    {
      event: 'that is replayed today',
      tags: { older: EPOCH, now: EPOCH },
      pushes: [push('older', tomorrow)],
      reason: says,
    },
    {
      event: 'of an image without a time, where the current one has its own',
      tags: { older: EPOCH, now: DAY(2) },
      pushes: [push('older', tomorrow)],
      reason: says,
    },
    {
      event: 'of an image with a time, where the current one has none',
      tags: { older: DAY(1), now: EPOCH },
      pushes: [push('older', tomorrow)],
      reason: UNKNOWN,
    },
    {
      event: 'of an image with a time, where the current one has left',
      tags: { older: DAY(1) },
      pushes: [push('older', tomorrow)],
      reason: 'older passes glob:*, but the current now is not in the registry, so that it might be the newer',
    },
    {
      event: 'of an older image, with a digest and a person of its own',
      tags: { older: DAY(1), now: DAY(2) },
      pushes: [push('older', { ...tomorrow, digest: `sha256:${'f'.repeat(64)}`, actor: 'ada', source: 'sweep' })],
      reason: 'older is ranked at or below the current now by glob:*',
    },
  ])('one $event changes nothing, and says why', async ({ tags, pushes, reason }) => {
    const { run, lines, updates } = evaluator(
      memoryGitHost({ 'deploy.yml': deployment(`${IMAGE}:now`, 'glob:*') }),
      memoryRegistry(tags),
    );
    await run(eventOf(pushes.map((one) => JSON.stringify(one))));
    expect(updates.sent).toEqual([]);
    const kept = lines.filter(({ message }) => message === 'image kept');
    expect(kept.map((line) => line['reason'])).toEqual(pushes.map(() => expect.stringContaining(reason)));
  });

  test('two pushes of one batch go on with the ages that the registry told, whichever event says the later time', async () => {
    const registry = memoryRegistry({ now: DAY(1), older: DAY(2), newer: DAY(3) });
    const { run, updates } = evaluator(memoryGitHost({ 'deploy.yml': deployment(`${IMAGE}:now`, 'glob:*') }), registry);
    await run(eventOf([JSON.stringify(push('newer')), JSON.stringify(push('older', { id: 'event-2', ...tomorrow }))]));
    expect(updatesOf(updates).map(({ to }) => to)).toEqual([
      expect.objectContaining({ tag: 'newer', created: DAY(3) }),
      expect.objectContaining({ tag: 'older', created: DAY(2) }),
    ]);
  });
});

test.each([
  { source: 'ghcr', updated: ['1.0.1'] },
  { source: 'distribution', updated: [] },
])('of an image with two tags GitHub tells one alone: $source', async ({ source, updated }) => {
  const host = memoryGitHost({ 'deploy.yml': deployment(`${IMAGE}:1.0.0`, 'semver:~1') });
  const registry = memoryRegistry({ latest: AT, '1.0.0': AT, '1.0.1': AT, '2.0.0': AT });
  const { run, updates } = evaluator(host, registry);
  await run(eventOf([JSON.stringify(push('latest', { source }))]));
  expect(updatesOf(updates).map(({ to }) => to.tag)).toEqual(updated);
});

describe('what goes wrong', () => {
  const failing = (code: ErrorCode, retryable: boolean): Registry => ({
    ...memoryRegistry({}),
    image: async () => {
      throw new SluiceError({ code, subject: 'registry registry.example.com', found: 'its words', retryable });
    },
  });
  const body = JSON.stringify(push('1.0.1'));
  const host = () => memoryGitHost({ 'deploy.yml': deployment(`${IMAGE}:1.0.0`, 'semver:~1') });

  test.each([
    { fault: 'a registry that hangs', registry: failing('registry-unavailable', true) },
    { fault: 'a registry that limits', registry: failing('registry-rate-limited', true) },
  ])('$fault: the push goes back to its queue', async ({ registry }) => {
    const { run, deadLetters } = evaluator(host(), registry);
    expect(await run(eventOf([body]))).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-0' }] });
    expect(deadLetters.sent).toEqual([]);
  });

  test.each([
    {
      fault: 'a registry that lets nobody in',
      registry: failing('registry-unauthorized', false),
      sent: body,
      receives: 1,
      reason: 'its words',
    },
    {
      fault: 'a registry that hangs for the fifth time',
      registry: failing('registry-unavailable', true),
      sent: body,
      receives: 5,
      reason: 'its words',
    },
    {
      fault: 'a registry that is not configured',
      registry: undefined,
      sent: body,
      receives: 1,
      reason: 'expected a registry of sluice.yml',
    },
    {
      fault: 'a message that is not JSON',
      registry: failing('registry-unavailable', true),
      sent: '{',
      receives: 1,
      reason: 'message of queue pushes: expected JSON',
    },
    {
      fault: 'a message of another version',
      registry: failing('registry-unavailable', true),
      sent: '{"version":9}',
      receives: 1,
      reason: 'expected a version that this release knows, found version 9',
    },
  ])(
    '$fault: the message goes to the dead-letter queue with its reason',
    async ({ registry, sent, receives, reason }) => {
      const { run, deadLetters } = evaluator(host(), registry);
      expect(await run(eventOf([sent], receives))).toEqual({ batchItemFailures: [] });
      expect(deadLetters.sent).toEqual([
        expect.objectContaining({ body: sent, attributes: { error: expect.stringContaining(reason) } }),
      ]);
    },
  );

  test('one bad message of a batch does not stop the others', async () => {
    const { run, updates, deadLetters } = evaluator(host(), memoryRegistry({ '1.0.1': AT }));
    await run(eventOf(['{', body]));
    expect(updates.sent).toHaveLength(1);
    expect(deadLetters.sent).toHaveLength(1);
  });
});

test('a tag that cannot be read is told of once for each push that needs all tags, however many sites there are', async () => {
  const site = deployment(IMAGE, 'glob:*');
  const tags = memoryRegistry({ one: AT, two: AT, bad: AT });
  const gone = { code: 'registry-unavailable', subject: 'hello:bad', found: 'status 410', status: 410 } as const;
  const registry: Registry = {
    ...tags,
    image: async (repository, tag, needs) => {
      if (tag === 'bad') {
        throw new SluiceError(gone);
      }
      return tags.image(repository, tag, needs);
    },
  };
  const { run, lines, updates } = evaluator(memoryGitHost({ 'a.yml': site, 'b.yml': site }), registry);
  await run(eventOf([JSON.stringify(push('one')), JSON.stringify(push('two', { id: 'event-2' }))]));
  expect(updatesOf(updates)).toHaveLength(4);
  expect(lines.filter(({ message }) => message === 'tag left out')).toMatchObject([
    { level: 'warn', push: 'event-1', image: IMAGE, tag: 'bad', error: { code: 'registry-unavailable' } },
    { level: 'warn', push: 'event-2', image: IMAGE, tag: 'bad' },
  ]);
});
