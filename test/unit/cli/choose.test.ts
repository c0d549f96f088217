import { describe, expect, test } from 'vitest';
import { sluice } from '../../command-line.ts';

/** Runs the command with these tags on its standard input. */
const choose = async (words: readonly string[], tags: readonly string[]) =>
  sluice(['choose', ...words], {}, tags.map((tag) => `${tag}\n`).join(''));

describe('the decision as JSON', () => {
  test.each([
    {
      name: 'an update, with the counts',
      words: ['--policy', 'semver:~1.0', '--current', '1.0.0'],
      tags: ['1.0.0', '1.0.1', '2.0.0', 'master'],
      expected: {
        current: '1.0.0',
        chosen: '1.0.1',
        action: 'update',
        reason: '1.0.1 is ranked above the current 1.0.0 by semver:~1.0 (4 tags seen, 2 match)',
        tags: { seen: 4, matched: 2, unrankable: 1, held: 0 },
      },
    },
    {
      name: 'nothing to go up to',
      words: ['--policy', 'semver:~1.0', '--current', '1.0.2'],
      tags: ['1.0.0', '1.0.1'],
      expected: { current: '1.0.2', chosen: '1.0.2', action: 'keep' },
    },
    {
      name: 'a line with a hold, as it stands in a manifest',
      words: ['--policy', 'semver:~1.0; hold until the migration is done', '--current', '1.0.0'],
      tags: ['1.0.0', '1.0.1'],
      expected: {
        chosen: '1.0.0',
        action: 'keep',
        reason: '1.0.1 is held: until the migration is done',
        tags: { seen: 2, matched: 2, unrankable: 0, held: 1 },
      },
    },
    {
      name: 'a line with a hold where no current tag is given',
      words: ['--policy', 'semver:~1.0; hold'],
      tags: ['1.0.0'],
      expected: { chosen: null, action: 'none', reason: '1.0.0 is held' },
    },
    {
      name: 'no tag that matches',
      words: ['--policy', 'semver:1.0.x', '--current', '1.0.0'],
      tags: ['b1.2.3', 'b1.0.0', 'b0.1.0'],
      expected: { chosen: null, action: 'none', tags: { seen: 3, matched: 0, unrankable: 3, held: 0 } },
    },
    {
      name: 'filters from the command line',
      words: [
        '--policy',
        'semver:>=0.x',
        '--filter',
        '^(test|rel)-(.*)$',
        '--extract',
        '$2',
        '--ignore',
        '*-0.1.?,x',
        '--allow',
        '^t',
      ],
      tags: ['test-0.1.0', 'test-0.0.9', 'rel-0.2.0', '1.0.0'],
      expected: { current: null, chosen: 'test-0.0.9', action: 'update' },
    },
    {
      name: 'times and digests behind tabs',
      words: ['--policy', 'newest-build'],
      tags: ['a\t2026-01-02T00:00:00Z', `b\t2026-01-01T00:00:00+00:00\tsha256:${'a'.repeat(64)}`, 'c'],
      expected: {
        chosen: 'a',
        reason: 'a is the best match for newest-build, and no current tag is given',
        tags: { seen: 3, matched: 3, unrankable: 1, held: 0 },
      },
    },
    {
      name: 'a tag that was moved',
      words: ['--policy', 'digest', '--current', `stable@sha256:${'a'.repeat(64)}`],
      tags: [`stable\t\tsha256:${'b'.repeat(64)}`, 'other'],
      expected: {
        current: 'stable',
        chosen: 'stable',
        action: 'update',
        reason: 'stable points to another digest now',
      },
    },
    {
      name: 'a tag that was not',
      words: ['--policy', 'digest', '--current', 'stable'],
      tags: [`stable\t\tsha256:${'b'.repeat(64)}`],
      expected: { chosen: 'stable', action: 'keep' },
    },
  ])('$name', async ({ words, tags, expected }) => {
    const { code, stdout, stderr } = await choose([...words, '--json'], tags);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject(expected);
  });
});

test('the decision for people: each tag, its rank or why it has none, and the winner, at 80 columns', async () => {
  const tags = ['1.0.0', 'v1.0.1', '1.1.0-rc.1', 'master', 'sha256-'.padEnd(71, 'a')];
  const { code, stdout } = await choose(['--policy', 'semver:~1', '--current', '1.0.0'], tags);
  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    '  TAG                               RANK  MATCHED',
    '→ v1.0.1                               1  yes',
    '  1.0.0                                2  yes, the current one',
    '  1.1.0-rc.1                           –  no: does not pass semver:~1 (a',
    '                                          prerelease, which passes only a range',
    '                                          that names one, as >=1.0.0-0 does)',
    '  master                               –  no: does not pass semver:~1 (it is no',
    '                                          version)',
    `  ${'sha256-'.padEnd(71, 'a')}`,
    '                                       –  no: names what belongs to an image (a',
    '                                          signature, an attestation, an SBOM),',
    '                                          and no image',
    '',
    'update: v1.0.1 is ranked above the current 1.0.0 by semver:~1 (5 tags seen, 2',
    '  match)',
    '5 seen, 2 matched, 1 unrankable, 0 held',
    '',
  ]);
});

test('what an allow leaves out counts as unrankable in neither the reason nor the counts', async () => {
  const { stdout } = await choose(['--policy', 'semver:~1.2', '--allow', '^zzz', '--json'], ['a', 'b', '1.2.3']);
  expect(JSON.parse(stdout)).toMatchObject({
    reason: 'no tag matches semver:~1.2; allow ^zzz (3 tags seen)',
    tags: { seen: 3, matched: 0, unrankable: 0, held: 0 },
  });
});

describe('what ends with 2, and a message', () => {
  test.each([
    { name: 'a range that is none', words: ['--policy', 'semver:foo'], says: 'policy semver:foo: expected a range' },
    {
      name: 'a filter that is none',
      words: ['--policy', 'semver:*', '--filter', '('],
      says: 'expected a regular expression',
    },
    {
      name: 'extract without a filter',
      words: ['--policy', 'semver:*', '--extract', '$1'],
      says: 'expected a filter, of which',
    },
    {
      name: 'an option that is unknown',
      words: ['--policy', 'semver:*', '--tag', 'x'],
      says: "unknown option '--tag'",
    },
    {
      name: 'a current tag that is empty, as a variable that is not set',
      words: ['--policy', 'semver:*', '--current', ''],
      says: '--current: expected a tag, with @sha256:… where its digest does, found ""',
    },
    { name: 'no policy', words: [], says: "required option '--policy" },
  ])('$name', async ({ words, says }) => {
    const { code, stdout, stderr } = await choose(words, ['1.0.0']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(says);
  });

  test('a pattern that would take for ever, on 10,000 tags', async () => {
    const tags = Array.from({ length: 10_000 }, (_, at) => 'a'.repeat(100) + String(at));
    const { code, stderr } = await choose(['--policy', 'regexp:^(?=a)(a+)+$'], tags);
    expect(code).toBe(2);
    expect(stderr).toContain('expected an answer for');
  });
});

test('a list without times, for a policy that ranks by them, leads to where they stand', async () => {
  const hint = 'Here the time of a build may stand behind its tag, after a tab: see --help.\n';
  expect((await choose(['--policy', 'newest-build'], ['a', 'b'])).stdout.endsWith(hint)).toBe(true);
  expect((await choose(['--policy', 'newest-build'], ['a\t2026-01-02T00:00:00Z'])).stdout).not.toContain(hint);
});

test('lookaround with an extract is done for 10,000 tags within its time', async () => {
  const tags = Array.from({ length: 10_000 }, (_, at) => `main-${at}`);
  const words = ['--policy', 'numerical:asc', '--filter', '^(?!tmp).*-(.*)$', '--extract', '$1', '--json'];
  expect(JSON.parse((await choose(words, tags)).stdout)).toMatchObject({
    chosen: 'main-9999',
    tags: { matched: 10_000 },
  });
});

test('tags that are a directory end with 1, and its name', async () => {
  const { code, stderr } = await choose(['--policy', 'semver:*', '--tags', import.meta.dirname], []);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `${import.meta.dirname}: expected a file of tags, found EISDIR: illegal operation on a directory, read\n`,
  });
});

test('a list that cannot be read ends with 1', async () => {
  const { code, stderr } = await choose(['--policy', 'semver:*'], ['1.0.0', '1.0.1\tyesterday']);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: '- line 2: expected a time like 2026-11-30T12:00:00Z behind the tag, found "yesterday"\n',
  });
});
