import { describe, expect, test } from 'vitest';
import { sweepRepositories } from '../../../functions/sweep/sweep.ts';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { decide } from '../../../shared/decision/decide.ts';
import { RepositoryTime } from '../../../shared/decision/repository-time.ts';
import { siteReader } from '../../../shared/decision/site-reader.ts';
import { lookUpTag } from '../../../shared/decision/tag-lookup.ts';
import { scanFile } from '../../../shared/manifest/scan.ts';
import type { Registry } from '../../../shared/registry/port.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryGitHost, watched } from '../../fakes/memory-git-host.ts';
import { recordingLog, recordingSender } from '../../fakes/recording.ts';
import {
  type Answer,
  type Asked,
  clientOf,
  digestOf,
  imageOf,
  type ScriptedServer,
  serving,
  start,
} from '../registry/scripted-registry.ts';

const IMAGE = 'registry.example.com/hello';
const [old, young, broken] = [1, 2, 3].map((day) => imageOf(`2026-11-0${day}T00:00:00Z`)) as [
  ReturnType<typeof imageOf>,
  ReturnType<typeof imageOf>,
  ReturnType<typeof imageOf>,
];

/** What a registry answers about one tag, whatever it is asked of it. */
const FAULTS: readonly { what: string; fault: (asked: Asked) => Answer | 'hangs' }[] = [
  ...[400, 403, 404, 410, 418, 451, 500, 503].map((status) => ({ what: `${status}`, fault: () => ({ status }) })),
  { what: 'a page with 200', fault: () => ({ body: '<html>Please sign in' }) },
  { what: 'a manifest of schema 1', fault: () => ({ body: { schemaVersion: 1, fsLayers: [], history: [] } }) },
  { what: 'an empty index', fault: () => ({ body: { schemaVersion: 2, manifests: [] } }) },
  {
    what: 'another manifest than it says',
    fault: () => ({ headers: { 'docker-content-digest': digestOf('x') }, body: {} }),
  },
  {
    what: 'a redirect into a private network',
    fault: () => ({ status: 307, headers: { location: 'http://10.0.0.1/' } }),
  },
  { what: 'nothing', fault: () => 'hangs' },
];

/** A registry of these tags; what is asked of `bad` or of what it points to is answered by the fault. */
async function startRegistry(
  tags: Readonly<Record<string, unknown>>,
  fault: (asked: Asked) => Answer | 'hangs',
  bad: string,
) {
  const images = [old, young, broken];
  const digests = Object.fromEntries(images.map(({ digest, manifest }) => [digest, manifest]));
  const serves = serving(
    { ...digests, ...tags },
    images.map(({ config }) => config),
  );
  return start((asked) => {
    if (asked.target.includes('/tags/list')) {
      return { body: { tags: Object.keys(tags) } };
    }
    const isBad = asked.target.endsWith(`/manifests/${bad}`) || asked.target.includes(broken.digest);
    return isBad ? fault(asked) : serves(asked);
  });
}

async function sweep(registry: Registry, files: Readonly<Record<string, string>>) {
  const { log, lines } = recordingLog();
  const pushes = recordingSender();
  const cache = memoryCache();
  await sweepRepositories(
    {
      ...{ repositories: [watched(memoryGitHost(files))], readSites: siteReader({ cache, log }), cache },
      ...{ registry: () => registry, pushes, log, now: Date.now, time: new RepositoryTime(Date.now) },
    },
    () => 60_000,
  );
  return { lines, pushed: pushes.sent.map(({ body }) => JSON.parse(body).tag) };
}

/** Everything that is answered has its time, however busy the machine is; what is not is given up soon. */
function client(server: ScriptedServer, isSilent: (tagOrDigest: string) => boolean = () => false): Registry {
  const [patient, hasty] = [60_000, 50].map((timeoutMillis) => clientOf(server, { timeoutMillis })) as [
    Registry,
    Registry,
  ];
  const askFor = (tagOrDigest: string) => (isSilent(tagOrDigest) ? hasty : patient);
  return {
    tags: async (repository) => patient.tags(repository),
    image: async (repository, tagOrDigest, needs) => askFor(tagOrDigest).image(repository, tagOrDigest, needs),
    notAnImage: async (repository, digest) => askFor(digest).notAnImage(repository, digest),
    firstSeen: async (...question) => patient.firstSeen(...question),
    source: async (repository, tagOrDigest) => askFor(tagOrDigest).source(repository, tagOrDigest),
  };
}

/** Is nothing answered about this, where the registry is silent about one tag? */
const silentAbout = (what: string, bad: string) => (tagOrDigest: string) =>
  what === 'nothing' && [bad, broken.digest].includes(tagOrDigest);

describe('a tag about which the registry answers', () => {
  test.each(FAULTS)('$what leaves that tag out, and the youngest of the others is found', async ({ what, fault }) => {
    const server = await startRegistry({ one: old.manifest, two: young.manifest, bad: broken.manifest }, fault, 'bad');
    const registry = client(server, silentAbout(what, 'bad'));
    const { pushed, lines } = await sweep(registry, { 'a.yml': deployment(`${IMAGE}:one`, 'glob:*') });
    expect(pushed).toEqual(['two']);
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test.each(FAULTS)('$what is passed over as the best version, and the next one is found', async ({ what, fault }) => {
    const server = await startRegistry(
      { '1.0.0': old.manifest, '1.0.1': young.manifest, '1.0.2': broken.manifest },
      fault,
      '1.0.2',
    );
    const registry = client(server, silentAbout(what, '1.0.2'));
    const { pushed, lines } = await sweep(registry, { 'a.yml': deployment(`${IMAGE}:1.0.0`, 'semver:~1') });
    expect(pushed).toEqual(['1.0.1']);
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  const decideAt = async (fault: (asked: Asked) => Answer | 'hangs', what = '') => {
    const server = await startRegistry({ bad: broken.manifest, two: young.manifest }, fault, 'bad');
    const registry = client(server, silentAbout(what, 'bad'));
    const [site] = scanFile('a.yml', deployment(`${IMAGE}:bad`, 'glob:*')).sites;
    return (
      site &&
      decide(
        site,
        'two',
        lookUpTag('registry.example.com', 'hello', () => registry),
      )
    );
  };

  test.each(FAULTS.filter(({ what }) => !['nothing', 'an empty index'].includes(what)))(
    '$what has no known age where it stands: its site stays, and no push fails',
    async ({ fault }) => {
      expect(await decideAt(fault)).toMatchObject({ action: 'keep', because: 'unknown-age' });
    },
  );

  test('an empty index is no image where it stands: it is replaced', async () => {
    expect(await decideAt(() => ({ body: { schemaVersion: 2, manifests: [] } }))).toMatchObject({ action: 'update' });
  });

  test('nothing where it stands is asked again', async () => {
    await expect(decideAt(() => 'hangs', 'nothing')).rejects.toMatchObject({
      code: 'registry-unavailable',
      retryable: true,
    });
  });

  test('410 is told in the log with its reason', async () => {
    const server = await startRegistry({ one: old.manifest, bad: broken.manifest }, () => ({ status: 410 }), 'bad');
    const { lines } = await sweep(client(server), { 'a.yml': deployment(`${IMAGE}:one`, 'glob:*') });
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'tag left out',
        image: IMAGE,
        tag: 'bad',
        error: expect.objectContaining({
          message: `registry ${server.host}: expected status 200 for hello:bad, found status 410`,
        }),
      }),
    );
  });
});

test('a tag that is left out is told of once, however many sites have the image', async () => {
  const server = await startRegistry({ one: old.manifest, bad: broken.manifest }, () => ({ status: 410 }), 'bad');
  const site = deployment(`${IMAGE}:one`, 'glob:*');
  const { lines } = await sweep(client(server), { 'a.yml': site, 'b.yml': site, 'c.yml': `${site}---\n${site}` });
  expect(lines.filter(({ message }) => message === 'tag left out')).toMatchObject([{ image: IMAGE, tag: 'bad' }]);
});

describe('a registry that is at fault as a whole fails its sites', () => {
  test.each([
    { what: 'refuses our credentials for every tag', fault: () => ({ status: 403 }), code: 'registry-unauthorized' },
    { what: 'asks to wait', fault: () => ({ status: 429 }), code: 'registry-rate-limited' },
    { what: 'never answers', fault: (): 'hangs' => 'hangs', code: 'registry-unavailable' },
  ])('where it $what', async ({ what, fault, code }) => {
    const tags = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`build-${index}`, old.manifest]));
    const server = await start((asked) =>
      asked.target.includes('/tags/list') ? { body: { tags: Object.keys(tags) } } : fault(),
    );
    const registry = client(server, () => what === 'never answers');
    const { pushed, lines } = await sweep(registry, { 'a.yml': deployment(`${IMAGE}:1.0.0`, 'glob:build-*') });
    expect(pushed).toEqual([]);
    expect(lines).toContainEqual(
      expect.objectContaining({ message: 'site not swept', error: expect.objectContaining({ code }) }),
    );
  });
});

describe('what a sweep asks of a registry', () => {
  const tags = { one: old.manifest, two: young.manifest, three: young.manifest };
  const counted = ({ asked }: ScriptedServer) => ({
    HEAD: asked.filter(({ method }) => method === 'HEAD').length,
    GET: asked.filter(({ method }) => method === 'GET').length,
  });
  const served = async () => startRegistry(tags, () => ({ status: 500 }), 'none');

  test('is one HEAD a tag and two GET a digest, however many sites have the image; then only HEAD and the list', async () => {
    const server = await served();
    const registry = client(server);
    const files = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [`${index}.yml`, deployment(`${IMAGE}:one`, 'glob:*')]),
    );
    expect((await sweep(registry, files)).pushed).toHaveLength(10);
    const first = counted(server);
    expect(first).toEqual({ HEAD: 3, GET: 1 + 2 * 2 });
    await sweep(registry, files);
    const second = counted(server);
    expect({ HEAD: second.HEAD - first.HEAD, GET: second.GET - first.GET }).toEqual({ HEAD: 3, GET: 1 });
  });

  test.each([
    { what: 'that was moved is found', pinned: old.digest, pushed: ['1.0.0'] },
    { what: 'that stands there is none', pinned: young.digest, pushed: [] },
  ])('of a version whose digest is pinned is one HEAD: one $what', async ({ pinned, pushed }) => {
    const server = await startRegistry({ '1.0.0': young.manifest }, () => ({ status: 500 }), 'none');
    const found = await sweep(client(server), { 'a.yml': deployment(`${IMAGE}:1.0.0@${pinned}`, 'semver:~1') });
    expect(found.pushed).toEqual(pushed);
    expect(counted(server).HEAD).toBe(1);
  });
});
