import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { readBlocks } from '../../../shared/decision/blocks.ts';
import { REPOSITORY_LIMITS, RepositoryTotals } from '../../../shared/decision/repository-limits.ts';
import { siteReader } from '../../../shared/decision/site-reader.ts';
import type { GitHost } from '../../../shared/git-host/port.ts';
import { silentLog } from '../../../shared/log.ts';
import { withinLimit } from '../../../shared/time-limit.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryGitHost, watched } from '../../fakes/memory-git-host.ts';

const manifest = deployment('registry.example.com/hello:1.0.0', 'semver:~1');
const MEND =
  'The limit is fixed: name fewer paths of it in sluice.yml, or list it several times, each with some of them.';
const SUBJECT = 'repository https://git.example.com/hello.git branch main';

function reader(files: Readonly<Record<string, string>>, limits: Partial<typeof REPOSITORY_LIMITS>) {
  const memory = memoryGitHost(files);
  let reads = 0;
  const host: GitHost = {
    ...memory,
    async files(revision, paths) {
      reads += 1;
      return memory.files(revision, paths);
    },
  };
  const read = siteReader({ cache: memoryCache(), log: silentLog, limits: { ...REPOSITORY_LIMITS, ...limits } });
  const { config } = watched(memory);
  const repository = { config, host };
  return { memory, read: async () => read(repository), reads: () => reads };
}

describe('a repository that holds more than it may', () => {
  const three = { 'a.yml': manifest, 'b.yml': manifest, 'c.yml': `${manifest}---\n${manifest}` };

  test.each([
    { limits: { files: 2 }, says: 'expected at most 2 files of YAML and JSON below its paths, found 3' },
    { limits: { characters: 100 }, says: `expected at most 100 characters of YAML and JSON below its paths, found ` },
    { limits: { documents: 3 }, says: 'expected at most 3 YAML documents below its paths, found more' },
    { limits: { sites: 3 }, says: 'expected at most 3 places that name an image below its paths, found 4' },
  ])('is refused: $says', async ({ limits, says }) => {
    const { read } = reader(three, limits);
    const refusal: unknown = await read().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'git-too-large', retryable: false });
    expect(String(refusal)).toContain(`${SUBJECT}: ${says}`);
    expect(String(refusal)).toContain(MEND);
  });

  test('is read once, and again when it moved', async () => {
    const { memory, read, reads } = reader(three, { sites: 3 });
    await expect(read()).rejects.toThrow('places that name an image');
    await expect(read()).rejects.toThrow('places that name an image');
    expect(reads()).toBe(1);
    memory.push({ 'c.yml': manifest });
    expect((await read()).sites).toHaveLength(3);
    expect(reads()).toBe(2);
  });

  test('is refused where a change adds what is too much', async () => {
    const { memory, read } = reader({ 'a.yml': manifest }, { sites: 3 });
    await read();
    memory.push(three);
    await expect(read()).rejects.toThrow('found 4');
  });

  test('counts files of 64 MiB, 40,000 files and 20,000 places as most', () => {
    const totals = new RepositoryTotals('repository x');
    totals.add('characters', 64 * 1024 * 1024);
    totals.add('files', 40_000);
    totals.add('sites', 20_000);
    expect(() => totals.add('sites', 1)).toThrow(
      `repository x: expected at most 20000 places that name an image below its paths, found 20001. ${MEND}`,
    );
  });
});

test('what was scanned before the time of a repository was over is not scanned again', async () => {
  const large = `${manifest}# ${'x'.repeat(20_000)}\n`;
  const { read } = reader(Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`${index}.yml`, large])), {});
  /** Each large file lets others go first for one turn of the loop; the time is over after nine. */
  const readInNineTurns = async () => {
    const ended = new AbortController();
    const reading = withinLimit(ended.signal, read);
    for (let turn = 0; turn < 9; turn += 1) {
      await nextTurn();
    }
    ended.abort(new Error('time is up'));
    return reading;
  };
  await expect(readInNineTurns()).rejects.toThrow('time is up');
  expect((await readInNineTurns()).sites).toHaveLength(10);
});

describe('a block list of 4,000 entries', () => {
  const blocked = Array.from({ length: 4000 }, (_, index) => `- { image: a${index}, tag: 1.0.0, reason: broken }\n`);
  const text = `blocked:\n${blocked.join('')}allowed:\n- { image: b, tag: 1.0.0 }\n`;

  test('is read once, however often it is asked for', () => {
    const first = readBlocks(text, 0);
    expect(first.against('docker.io/library/a3999', { tag: '1.0.0' })).toBe('blocked in .sluice/blocked.yml: broken');
    expect(first.against('docker.io/library/a3999', { tag: '1.0.1' })).toBeUndefined();
    const entry = (from: string) => readBlocks(from, 0).allowedBy('docker.io/library/b', { tag: '1.0.0' })[0];
    // The same object, and not only one that says the same.
    expect(entry(text)).toBe(entry(text));
    expect(entry(`${text}# other\n`)).not.toBe(entry(text));
  });
});
