import { expect, test } from 'vitest';
import { createHandler } from '../../../functions/sweep/handler.ts';
import { lambdaContext } from '../../../infra/local/lambda-context.ts';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { siteReader, type WatchedRepository } from '../../../shared/decision/site-reader.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryGitHost, watched } from '../../fakes/memory-git-host.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';
import { countProcessorTime } from '../../fakes/processor-time.ts';
import { recordingLog, recordingSender } from '../../fakes/recording.ts';

/** On it each of the slow filters takes all of its time. */
const TAG = 'a'.repeat(60);

function repository(name: string, filters: readonly string[]): WatchedRepository {
  const image = `registry.example.com/${name}:old`;
  const manifests = filters.map((filter, index) => [`${index}.yml`, deployment(image, filter)]);
  const { host, config } = watched(memoryGitHost(Object.fromEntries(manifests)));
  return { host, config: { ...config, url: `https://git.example.com/${name}.git` } };
}

test('a repository of policies that take all of their time fails alone, with one line', async () => {
  // Ten seconds are half a second of it.
  countProcessorTime(20);
  const { log, lines } = recordingLog();
  const pushes = recordingSender();
  const cache = memoryCache();
  const slow = Array.from({ length: 40 }, (_, index) => `regexp:^(?=a)(a+)+f${index}$`);
  const handler = createHandler({
    repositories: [repository('slow', slow), repository('good', ['glob:a*'])],
    registry: () => memoryRegistry({ old: '2026-11-01T00:00:00Z', [TAG]: '2026-11-02T00:00:00Z' }),
    readSites: siteReader({ cache, log }),
    ...{ pushes, log, cache, now: () => 0 },
  });
  await handler({}, lambdaContext('sweep', 300_000));
  expect(pushes.sent.map(({ body }) => JSON.parse(body).repository)).toEqual(['good']);
  expect(lines.filter(({ message }) => message === 'repository not swept')).toEqual([
    expect.objectContaining({
      repository: 'https://git.example.com/slow.git',
      error: expect.objectContaining({
        code: 'git-too-slow',
        message: expect.stringContaining('expected answers of its policies within 10 s of the processor'),
      }),
    }),
  ]);
  expect(lines).toContainEqual(expect.objectContaining({ message: 'sweep finished', found: 1, left: 0 }));
});
