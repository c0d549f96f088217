import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createHandler } from '../../../functions/sweep/handler.ts';
import { lambdaContext } from '../../../infra/local/lambda-context.ts';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { siteReader, type WatchedRepository } from '../../../shared/decision/site-reader.ts';
import type { Registry } from '../../../shared/registry/port.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryGitHost, watched } from '../../fakes/memory-git-host.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../../fakes/recording.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const never = async () => new Promise<never>(() => {});

function at(name: string, change: Partial<WatchedRepository['host']> = {}): WatchedRepository {
  const { host, config } = watched(
    memoryGitHost({ 'deploy.yml': deployment(`registry.example.com/${name}:1.0.0`, 'semver:~1') }),
  );
  return { host: { ...host, ...change }, config: { ...config, url: `https://git.example.com/${name}.git` } };
}

async function sweep(repositories: readonly WatchedRepository[], registry: Registry) {
  const { log, lines } = recordingLog();
  const pushes = recordingSender();
  const cache = memoryCache();
  const ports = { repositories, pushes, log, cache, registry: () => registry, now: () => 0 };
  const handler = createHandler({ ...ports, readSites: siteReader({ cache, log }) });
  const swept = handler({}, lambdaContext('sweep', 300_000));
  await vi.advanceTimersByTimeAsync(300_000);
  await swept;
  return { lines, pushed: pushes.sent.map(({ body }) => JSON.parse(body).repository) };
}

const registry = memoryRegistry({ '1.0.1': undefined });

test('a repository that never answers fails alone with its reason, and those beside and behind it are swept', async () => {
  const { pushed, lines } = await sweep([at('silent', { head: never }), at('beside'), at('behind')], registry);
  expect(pushed).toEqual(['beside', 'behind']);
  expect(lines).toContainEqual(
    expect.objectContaining({
      message: 'repository not swept',
      repository: 'https://git.example.com/silent.git',
      error: expect.objectContaining({ code: 'git-too-slow', retryable: true }),
    }),
  );
  expect(lines).toContainEqual(expect.objectContaining({ message: 'sweep finished', sites: 2, found: 2, failed: 1 }));
});

test('a registry that never answers about one image fails its site alone', async () => {
  const half: Registry = {
    ...registry,
    tags: async (repository) => (repository === 'silent' ? never() : registry.tags(repository)),
  };
  const { pushed, lines } = await sweep([at('silent'), at('beside')], half);
  expect(pushed).toEqual(['beside']);
  expect(lines).toContainEqual(
    expect.objectContaining({
      message: 'site not swept',
      repository: 'https://git.example.com/silent.git',
      error: expect.objectContaining({
        message: expect.stringContaining('registry registry.example.com: expected all answers about silent within'),
      }),
    }),
  );
});
