import { describe, expect, test } from 'vitest';
import { sluice } from '../../command-line.ts';

const POLICY = 'semver:~1; older than 2h';
/** A tag with when it was first seen, on one day. */
const at = (tag: string, time: string) => `${tag}\t2026-11-24T${time}:00Z`;

async function choose(words: readonly string[], tags: readonly string[]) {
  return sluice(['choose', '--policy', POLICY, ...words], {}, tags.map((tag) => `${tag}\n`).join(''));
}

describe('`sluice choose` with `older than 2h` takes the times of the list for when images were first seen', () => {
  test.each([
    {
      name: 'the newest that is old enough goes',
      current: ['--current', '1.0.0'],
      tags: ['1.0.0', at('1.0.1', '10:00'), at('1.0.2', '09:00'), at('1.0.3', '11:00')],
      expected: { chosen: '1.0.2', action: 'update', tags: { seen: 4, matched: 4, unrankable: 0, held: 1 } },
    },
    {
      name: 'all that are newer are too young: it is told when the best of them goes',
      current: ['--current', '1.0.0'],
      tags: ['1.0.0', at('1.0.1', '10:30'), at('1.0.2', '11:00')],
      expected: {
        chosen: '1.0.0',
        action: 'keep',
        reason: '1.0.2 is younger than 2h, and goes at 2026-11-24T13:00:00.000Z',
        tags: { held: 2 },
      },
    },
    {
      name: 'nothing older goes in its place',
      current: ['--current', '1.0.1'],
      tags: [at('1.0.0', '01:00'), '1.0.1', at('1.0.2', '11:00')],
      expected: { chosen: '1.0.1', action: 'keep', tags: { held: 1 } },
    },
    {
      name: 'a tag without a time is held',
      current: ['--current', '1.0.0'],
      tags: ['1.0.0', '1.0.1'],
      expected: {
        chosen: '1.0.0',
        action: 'keep',
        reason: '1.0.1 is held until it is older than 2h, and the list does not say how old it is',
        tags: { held: 1 },
      },
    },
    {
      name: 'nothing stands there, and all are too young',
      current: [],
      tags: [at('1.0.1', '11:00')],
      expected: { chosen: null, action: 'none', tags: { seen: 1, matched: 1, unrankable: 0, held: 1 } },
    },
    {
      name: 'what does not pass is not held',
      current: ['--current', '1.0.0'],
      tags: ['1.0.0', at('2.0.0', '11:00')],
      expected: { chosen: '1.0.0', action: 'keep', tags: { matched: 1, held: 0 } },
    },
  ])('$name', async ({ current, tags, expected }) => {
    const { code, stdout, stderr } = await choose([...current, '--at', '2026-11-24T12:00:00Z', '--json'], tags);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject(expected);
  });

  test('the table says of each when it goes', async () => {
    const words = ['--current', '1.0.0', '--at', '2026-11-24T12:00:00Z'];
    const { stdout } = await choose(words, ['1.0.0', at('1.0.1', '10:00'), at('1.0.2', '11:00')]);
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      '  TAG    RANK  MATCHED',
      '  1.0.2     1  yes; younger than 2h, and goes at 2026-11-24T13:00:00.000Z',
      '→ 1.0.1     2  yes',
      '  1.0.0     3  yes, the current one',
    ]);
    expect(stdout).toContain('3 seen, 3 matched, 0 unrankable, 1 held');
  });

  test('without --at it is now', async () => {
    const { stdout } = await choose(['--json'], ['1.0.1\t2020-01-01T00:00:00Z', '1.0.2\t2999-01-01T00:00:00Z']);
    expect(JSON.parse(stdout)).toMatchObject({ chosen: '1.0.1', tags: { held: 1 } });
  });

  test('a time that is none ends with 2', async () => {
    const { code, stderr } = await choose(['--at', 'noon'], ['1.0.1']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: '--at: expected a time like 2026-11-30T12:00:00Z, found "noon"\n',
    });
  });
});
