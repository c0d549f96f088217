import { expect, test } from 'vitest';
import { createHandler } from '../../../functions/evaluate-policy/handler.ts';
import { lambdaContext } from '../../../infra/local/lambda-context.ts';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { siteReader, type WatchedRepository } from '../../../shared/decision/site-reader.ts';
import { imageUpdatesSchema, readMessage } from '../../../shared/queue/messages.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryGitHost, watched } from '../../fakes/memory-git-host.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';
import { countProcessorTime } from '../../fakes/processor-time.ts';
import { recordingLog, recordingSender } from '../../fakes/recording.ts';
import { sqsEvent } from '../../fakes/sqs-event.ts';

/** On it each of the slow filters takes all of its time. */
const TAG = 'a'.repeat(60);
const slow = Array.from({ length: 40 }, (_, index) => `regexp:^(?=a)(a+)+e${index}$`);
const PUSH = JSON.stringify({
  ...{ version: 1, id: 'push', source: 'distribution', registry: 'registry.example.com', repository: 'hello' },
  ...{ tag: TAG, receivedAt: '2026-11-23T10:00:00.000Z' },
});

function repository(name: string, filters: readonly string[]): WatchedRepository {
  const manifests = filters.map((filter, index) => [
    `${String(index).padStart(3, '0')}.yml`,
    deployment('registry.example.com/hello:old', filter),
  ]);
  const { host, config } = watched(memoryGitHost(Object.fromEntries(manifests)));
  return { host, config: { ...config, url: `https://git.example.com/${name}.git` } };
}

test('a repository of policies that take all of their time fails alone, and keeps what was decided before them', async () => {
  // Its policies have seven seconds, which are a third of one.
  countProcessorTime(20);
  const { log, lines } = recordingLog();
  const updates = recordingSender();
  const deadLetters = recordingSender();
  const handler = createHandler({
    repositories: [repository('slow', ['glob:a*', ...slow]), repository('good', ['glob:a*'])],
    readSites: siteReader({ cache: memoryCache(), log }),
    registry: () => memoryRegistry({ old: '2026-11-01T00:00:00Z', [TAG]: '2026-11-02T00:00:00Z' }),
    ...{ updates, pushes: recordingSender(), deadLetters, log, maxReceives: 5, now: Date.now },
  });
  const answer = await handler(sqsEvent([PUSH]), lambdaContext('evaluate-policy', 60_000));
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-0' }] });
  expect(lines).toContainEqual(
    expect.objectContaining({
      message: 'message goes back to its queue',
      error: expect.objectContaining({
        code: 'git-too-slow',
        message: expect.stringContaining('repository https://git.example.com/slow.git branch main: expected answers'),
      }),
    }),
  );
  const sent = updates.sent.flatMap(({ body }) => readMessage(imageUpdatesSchema, body, 'message'));
  expect(sent.map(({ repository: url, site }) => `${url} ${site.file}`).toSorted()).toEqual([
    'https://git.example.com/good.git 000.yml',
    'https://git.example.com/slow.git 000.yml',
  ]);
});
