import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createHandler } from '../../../functions/evaluate-policy/handler.ts';
import { lambdaContext } from '../../../infra/local/lambda-context.ts';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { siteReader, type WatchedRepository } from '../../../shared/decision/site-reader.ts';
import type { RegistryFor } from '../../../shared/decision/tag-lookup.ts';
import { SluiceError } from '../../../shared/errors.ts';
import type { GitHost } from '../../../shared/git-host/port.ts';
import { imageUpdatesSchema, readMessage } from '../../../shared/queue/messages.ts';
import type { Registry } from '../../../shared/registry/port.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryGitHost, watched } from '../../fakes/memory-git-host.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../../fakes/recording.ts';
import { sqsEvent } from '../../fakes/sqs-event.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Calls the function with a minute of time, which passes while it waits. */
async function called<T>(answer: Promise<T>): Promise<T> {
  await vi.advanceTimersByTimeAsync(60_000);
  return answer;
}

const never = async () => new Promise<never>(() => {});
const manifest = (host = 'registry.example.com') => deployment(`${host}/hello:1.0.0`, 'semver:~1');

const push = (registry = 'registry.example.com') =>
  JSON.stringify({
    version: 1,
    id: `event of ${registry}`,
    source: 'distribution',
    registry,
    repository: 'hello',
    tag: '1.0.1',
    receivedAt: '2026-11-23T10:00:00.000Z',
  });

function at(url: string, host: GitHost): WatchedRepository {
  const { config } = watched(host);
  return { host, config: { ...config, url } };
}

const good = (files: Readonly<Record<string, string>> = { 'deploy.yml': manifest() }) =>
  at('https://git.example.com/good.git', memoryGitHost(files));
const silent = () => at('https://git.example.com/silent.git', { ...memoryGitHost({}), head: never });

function evaluator(repositories: readonly WatchedRepository[], registry: RegistryFor) {
  const { log, lines } = recordingLog();
  const updates = recordingSender();
  const deadLetters = recordingSender();
  const handler = createHandler({
    ...{ repositories, registry, updates, pushes: recordingSender(), deadLetters, log, maxReceives: 5, now: Date.now },
    readSites: siteReader({ cache: memoryCache(), log }),
  });
  const updated = () =>
    updates.sent
      .flatMap(({ body }) => readMessage(imageUpdatesSchema, body, 'message'))
      .map(({ repository, image }) => `${repository} ${image}`);
  return { handler, updated, lines, deadLetters };
}

const minute = () => lambdaContext('evaluate-policy', 60_000);
const registryOf = (): RegistryFor => () => memoryRegistry({ '1.0.0': undefined, '1.0.1': undefined });

describe('beside a repository that never answers', () => {
  test('an update of another is sent while that is waited for, and the push goes back alone with its reason', async () => {
    const { handler, updated, lines, deadLetters } = evaluator([silent(), good()], registryOf());
    let isDone = false;
    const answer = handler(sqsEvent([push()]), minute()).finally(() => {
      isDone = true;
    });
    await vi.waitUntil(() => updated().length > 0);
    expect([isDone, updated()]).toEqual([false, ['https://git.example.com/good.git registry.example.com/hello']]);
    expect(await called(answer)).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-0' }] });
    expect(lines).toContainEqual(
      expect.objectContaining({
        message: 'message goes back to its queue',
        seconds: 30,
        error: expect.objectContaining({
          code: 'git-too-slow',
          message: expect.stringContaining(
            'repository https://git.example.com/silent.git branch main: expected an end',
          ),
        }),
      }),
    );
    expect(deadLetters.sent).toEqual([]);
  });

  test('the next batch does not wait for it at all', async () => {
    const { handler, updated } = evaluator([silent(), good()], registryOf());
    await called(handler(sqsEvent([push()]), minute()));
    const answer = await handler(sqsEvent([push()]), minute());
    expect([answer.batchItemFailures.length, updated().length]).toEqual([1, 2]);
  });

  test('the push ends as a dead letter that names it', async () => {
    const { handler, updated, deadLetters } = evaluator([silent(), good()], registryOf());
    const event = sqsEvent([push()], { receives: 5 });
    expect(await called(handler(event, minute()))).toEqual({ batchItemFailures: [] });
    expect(updated()).toHaveLength(1);
    expect(deadLetters.sent.map(({ attributes }) => attributes?.['error'])).toEqual([
      expect.stringContaining('repository https://git.example.com/silent.git branch main: expected an end within'),
    ]);
  });
});

test('a push of a registry that never answers goes back alone, after the others of the batch were sent', async () => {
  const dead: Registry = { ...memoryRegistry({}), image: never };
  const files = { 'a.yml': manifest(), 'b.yml': manifest('silent.example.com') };
  const { handler, updated, lines } = evaluator([good(files)], (host) =>
    host === 'silent.example.com' ? dead : registryOf()(host),
  );
  const event = sqsEvent([push('silent.example.com'), push()]);
  const answer = handler(event, minute());
  await vi.waitUntil(() => updated().length > 0);
  expect(await called(answer)).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-0' }] });
  expect(updated()).toEqual(['https://git.example.com/good.git registry.example.com/hello']);
  expect(lines).toContainEqual(
    expect.objectContaining({
      push: 'event of silent.example.com',
      error: expect.objectContaining({
        message: expect.stringContaining('registry silent.example.com: expected all answers about hello within'),
      }),
    }),
  );
});

test('a repository that fails for good does not hide one that may be tried again', async () => {
  const fault = new SluiceError({ code: 'git-too-large', subject: 'repository x', found: 'more' });
  const refuse = async () => {
    throw fault;
  };
  const large = at('https://git.example.com/large.git', { ...memoryGitHost({}), head: refuse });
  const { handler } = evaluator([large, silent()], registryOf());
  expect(await called(handler(sqsEvent([push()]), minute()))).toEqual({
    batchItemFailures: [{ itemIdentifier: 'message-0' }],
  });
});
