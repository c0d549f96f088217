import { describe, expect, test } from 'vitest';
import { sweepRepositories } from '../../../functions/sweep/sweep.ts';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { RepositoryTime } from '../../../shared/decision/repository-time.ts';
import { siteReader } from '../../../shared/decision/site-reader.ts';
import type { Registry } from '../../../shared/registry/port.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryGitHost, watched } from '../../fakes/memory-git-host.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../../fakes/recording.ts';

const IMAGE = 'registry.example.com/hello';

async function sweep(
  files: Readonly<Record<string, string>>,
  registry: Registry | undefined,
  millisLeft: number[] = [],
  now = Date.UTC(2026, 10, 23),
) {
  const { log, lines } = recordingLog();
  const pushes = recordingSender();
  const ports = {
    readSites: siteReader({ cache: memoryCache(), log }),
    registry: () => registry,
    time: new RepositoryTime(Date.now),
    cache: memoryCache(),
    pushes,
    log,
    now: () => now,
  };
  await sweepRepositories(
    { repositories: [watched(memoryGitHost(files))], ...ports },
    () => millisLeft.shift() ?? 60_000,
  );
  return { lines, pushed: pushes.sent.map(({ body }) => JSON.parse(body)) };
}

test.each([
  {
    found: 'a newer version',
    image: '1.0.0',
    filter: 'semver:~1',
    tags: { '1.0.0': undefined, '1.0.2': undefined, '1.0.1': undefined, '2.0.0': undefined },
    best: '1.0.2',
  },
  {
    found: 'a younger image',
    image: 'one',
    filter: 'glob:*',
    tags: { one: '2026-11-01T00:00:00Z', two: '2026-11-02T00:00:00Z', latest: '2026-11-03T00:00:00Z' },
    best: 'two',
  },
])(
  '$found that no event told of is queued as a push, with no time of its own',
  async ({ image, filter, tags, best }) => {
    const { pushed } = await sweep({ 'deploy.yml': deployment(`${IMAGE}:${image}`, filter) }, memoryRegistry(tags));
    expect(pushed).toEqual([
      expect.objectContaining({
        version: 1,
        source: 'sweep',
        registry: 'registry.example.com',
        repository: 'hello',
        tag: best,
      }),
    ]);
    expect(pushed[0]).not.toHaveProperty('pushedAt');
  },
);

test.each([
  { why: 'it is the newest', image: '1.0.2', filter: 'semver:~1', tags: { '1.0.2': undefined, '1.0.1': undefined } },
  {
    why: 'it left the registry and its age is not known',
    image: 'gone',
    filter: 'glob:*',
    tags: { one: '2026-11-01T00:00:00Z' },
  },
])('nothing is queued where $why', async ({ image, filter, tags }) => {
  const { pushed, lines } = await sweep(
    { 'deploy.yml': deployment(`${IMAGE}:${image}`, filter) },
    memoryRegistry(tags),
  );
  expect(pushed).toEqual([]);
  expect(lines).toContainEqual(expect.objectContaining({ message: 'site is up to date' }));
});

test('a site whose registry is not configured is named, and the others are swept', async () => {
  const registry = memoryRegistry({ '1.0.1': undefined });
  const { log, lines } = recordingLog();
  const pushes = recordingSender();
  const files = {
    'a.yml': deployment('unknown.example.com/hello:1.0.0', 'semver:~1'),
    'b.yml': deployment(`${IMAGE}:1.0.0`, 'semver:~1'),
  };
  await sweepRepositories(
    {
      repositories: [watched(memoryGitHost(files))],
      readSites: siteReader({ cache: memoryCache(), log }),
      registry: (host) => (host === 'registry.example.com' ? registry : undefined),
      time: new RepositoryTime(Date.now),
      cache: memoryCache(),
      pushes,
      log,
      now: Date.now,
    },
    () => 60_000,
  );
  expect(pushes.sent).toHaveLength(1);
  expect(lines).toContainEqual(
    expect.objectContaining({
      message: 'site not swept',
      object: 'deployment/default/hello',
      error: expect.objectContaining({ code: 'registry-unknown' }),
    }),
  );
});

test('the tags of an image are listed once, however many sites have it', async () => {
  const registry = memoryRegistry({ '1.0.1': undefined });
  let lists = 0;
  const counting: Registry = {
    ...registry,
    async tags(repository) {
      lists += 1;
      return registry.tags(repository);
    },
  };
  const files = Array.from({ length: 20 }, (_, index) => [`${index}.yml`, deployment(`${IMAGE}:1.0.0`, 'semver:~1')]);
  const { pushed } = await sweep(Object.fromEntries(files), counting);
  expect({ lists, pushed: pushed.length }).toEqual({ lists: 1, pushed: 20 });
});

describe('where there is no time for all', () => {
  const images = Array.from({ length: 20 }, (_, index) => `registry.example.com/hello-${index}`);
  const files = Object.fromEntries(
    images.map((image) => [`${image.slice(21)}.yml`, deployment(`${image}:1`, 'semver:*')]),
  );
  const registry = memoryRegistry({ '2.0.0': undefined });
  /** Enough for the repository and eight sites. */
  const times = () => [60_000, 60_000, 1000];

  test('it says so, and what there was time for is done', async () => {
    const { pushed, lines } = await sweep(files, registry, times());
    expect(pushed).toHaveLength(8);
    const counts = { sites: 8, found: 8, failed: 0, left: 12 };
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'sweep out of time',
        ...counts,
        next: 'On AWS raise the timeout of sweep in serverless.yml.',
      }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ message: 'sweep finished', ...counts }));
  });

  test('each site has its turn, as each sweep begins elsewhere', async () => {
    const swept = new Set<string>();
    for (let now = 0; now < images.length; now += 1) {
      for (const { repository } of (await sweep(files, registry, times(), now)).pushed) {
        swept.add(repository);
      }
    }
    expect(swept.size).toBe(images.length);
  });

  test('repositories that were not begun count too', async () => {
    const { lines } = await sweep(files, registry, [1000]);
    expect(lines).toContainEqual(expect.objectContaining({ message: 'sweep finished', sites: 0, left: 1 }));
  });
});
