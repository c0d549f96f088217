import { describe, expect, test } from 'vitest';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { siteReader } from '../../../shared/decision/site-reader.ts';
import type { GitHost } from '../../../shared/git-host/port.ts';
import { helmRelease } from '../../fakes/flux-v2.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryGitHost, watched } from '../../fakes/memory-git-host.ts';
import { recordingLog } from '../../fakes/recording.ts';

const IMAGE = 'registry.example.com/hello';
const manifest = (tag: string) => deployment(`${IMAGE}:${tag}`, 'semver:~1');

/** A host that notes what it is asked for. */
function noting(host: GitHost) {
  const asked: string[] = [];
  const note = (what: string): void => {
    asked.push(what);
  };
  const noted: GitHost = {
    ...host,
    async head(branch) {
      note('head');
      return host.head(branch);
    },
    async compare(revision, branch) {
      note('compare');
      return host.compare(revision, branch);
    },
    async files(revision, paths) {
      note(`files ${paths.join(' ')}`);
      return host.files(revision, paths);
    },
  };
  return { asked, host: noted };
}

function reading(files: Readonly<Record<string, string>>, paths: readonly string[] = ['']) {
  const memory = memoryGitHost(files);
  const { asked, host } = noting(memory);
  const { host: _, config } = watched(memory);
  const cache = memoryCache();
  const repository = { host, config: { ...config, paths: [...paths] } };
  const { log, lines } = recordingLog();
  const open = () => siteReader({ cache, log });
  const imagesOf = async (read: ReturnType<typeof siteReader>) =>
    (await read(repository)).sites.map(({ file, image }) => `${file} ${image}`);
  return { memory, asked, repository, open, imagesOf, lines };
}

describe('a reader of sites', () => {
  test('reads all at first, and only asks whether the branch moved then', async () => {
    const { asked, open, imagesOf } = reading({ 'a.yml': manifest('1.0.0') });
    const read = open();
    expect(await imagesOf(read)).toEqual([`a.yml ${IMAGE}:1.0.0`]);
    expect(await imagesOf(read)).toEqual([`a.yml ${IMAGE}:1.0.0`]);
    expect(asked).toEqual(['head', 'files  .sluice/blocked.yml .sluice/freeze.yml', 'compare']);
  });

  test('knows from the cache what another process read', async () => {
    const { asked, open, imagesOf } = reading({ 'a.yml': manifest('1.0.0') });
    await imagesOf(open());
    asked.length = 0;
    expect(await imagesOf(open())).toEqual([`a.yml ${IMAGE}:1.0.0`]);
    expect(asked).toEqual(['compare']);
  });

  test('reads what changed only', async () => {
    const { memory, asked, open, imagesOf } = reading({ 'a.yml': manifest('1.0.0'), 'b.yml': manifest('1.0.0') });
    const read = open();
    await imagesOf(read);
    asked.length = 0;
    memory.push({ 'b.yml': manifest('1.0.1') });
    expect(await imagesOf(read)).toEqual([`a.yml ${IMAGE}:1.0.0`, `b.yml ${IMAGE}:1.0.1`]);
    expect(asked).toEqual(['compare', 'files b.yml']);
  });

  test('does not read what changed elsewhere', async () => {
    const { memory, asked, open, repository } = reading({ 'k8s/a.yml': manifest('1.0.0'), 'x.yml': '' }, ['k8s']);
    const read = open();
    const { sites } = await read(repository);
    asked.length = 0;
    const revision = memory.push({ 'x.yml': manifest('1.0.1'), 'k8s-other/a.yml': manifest('2') });
    expect(await read(repository)).toEqual({ revision, sites, skipped: [], remarks: [], blockList: undefined });
    expect(asked).toEqual(['compare']);
  });

  test('reads the block list beside the paths, and again when it changes', async () => {
    const { memory, open, repository } = reading(
      { 'k8s/a.yml': manifest('1.0.0'), '.sluice/blocked.yml': 'blocked: []' },
      ['k8s'],
    );
    const read = open();
    expect((await read(repository)).blockList).toBe('blocked: []');
    memory.push({ 'k8s/a.yml': manifest('1.0.1') });
    expect((await read(repository)).blockList).toBe('blocked: []');
    memory.push({ '.sluice/blocked.yml': 'blocked: [{ image: a }]' });
    expect((await read(repository)).blockList).toBe('blocked: [{ image: a }]');
  });

  test('reads all again where the host cannot compare', async () => {
    const { memory, asked, repository, open } = reading({ 'a.yml': manifest('1.0.0') });
    const read = open();
    await read(repository);
    repository.host.compare = async () => ({ head: await memory.head('main'), changed: undefined });
    memory.push({ 'a.yml': manifest('1.0.1') });
    expect((await read(repository)).sites).toMatchObject([{ image: `${IMAGE}:1.0.1` }]);
    expect(asked.at(-1)).toBe('files  .sluice/blocked.yml .sluice/freeze.yml');
  });

  test('names a file that cannot be read, once for each change of it', async () => {
    const { memory, open, repository, lines } = reading({ 'a.yml': 'image: [' });
    const read = open();
    await read(repository);
    memory.push({ 'b.yml': manifest('1.0.0') });
    await read(repository);
    expect(lines.filter(({ message }) => message === 'manifest skipped')).toHaveLength(1);
  });

  test('tells of files that it cannot read, once for each change of them, until they can be read', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 1\n`;
    const files = { 'a.yml': pointer, 'b.yml': manifest('1.0.0'), 'c.yml': 'k\0i\0n\0d\0', 'd.yml': 'image: [' };
    const { memory, open, repository, lines } = reading(files);
    const honest = { ...repository.host };
    repository.host.files = async (revision, paths, passedOver) => {
      passedOver?.('e.yml', 'larger than 1 MiB');
      return honest.files(revision, paths);
    };
    const reader = open();
    const skipped = [
      { file: 'e.yml', reason: 'larger than 1 MiB' },
      { file: 'a.yml', reason: 'a pointer of Git LFS: keep manifests in Git itself' },
      { file: 'c.yml', reason: 'binary, or UTF-16: save it as UTF-8' },
      { file: 'd.yml', reason: expect.stringMatching(/^d\.yml:1: expected YAML, found /) },
    ];
    expect(await reader(repository)).toMatchObject({ sites: [{ file: 'b.yml' }], skipped });
    repository.host.files = async (revision, paths) => honest.files(revision, paths);
    memory.push({ 'b.yml': manifest('1.0.1') });
    expect(await reader(repository)).toMatchObject({ skipped });
    expect(
      lines.flatMap(({ message, file, reason }) => (message === 'file passed over' ? [{ file, reason }] : [])),
    ).toEqual(skipped.slice(0, 3));
    memory.push({ 'a.yml': manifest('1.0.0'), 'e.yml': manifest('1.0.0') });
    expect((await reader(repository)).skipped.map(({ file }) => file)).toEqual(['c.yml', 'd.yml']);
  });

  test('tells of a marker without a policy once, also where another process did', async () => {
    const { memory, open, imagesOf, lines } = reading({ 'web.yaml': helmRelease('1.0.0') });
    await imagesOf(open());
    memory.push({ 'a.yml': manifest('1.0.0') });
    await imagesOf(open());
    memory.push({ 'web.yaml': helmRelease('1.0.0').replace('app:tag', 'other:tag') });
    await imagesOf(open());
    const told = lines.filter(({ message }) => message === 'policy elsewhere');
    expect(told.map(({ level, file, reason }) => [level, file, reason])).toEqual([
      ['warn', 'web.yaml', expect.stringContaining('ImagePolicy flux-system/app,')],
      ['warn', 'web.yaml', expect.stringContaining('ImagePolicy flux-system/other,')],
    ]);
  });
});
