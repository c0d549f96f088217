import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions, parseVersion, type Version } from '../../../shared/policy/version.ts';
import { readCorpus } from './corpus.ts';

const { invalid, ranks } = readCorpus();

test.each(invalid)('%j is no version', (text) => {
  expect(parseVersion(text)).toBeUndefined();
});

describe('ranks as Masterminds/semver does', () => {
  const rows = ranks.flatMap((texts, rank) => texts.map((text) => ({ text, rank })));

  test.each(rows)('$text', ({ text, rank }) => {
    const wrong = rows.filter(
      (other) => Math.sign(compareVersions(read(text), read(other.text))) !== Math.sign(rank - other.rank),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the order', () => {
  const part = fc.oneof(fc.nat(12).map(String), fc.constantFrom('alpha', 'beta', 'rc', 'RC', '0a', '-'));
  const version = fc
    .record({
      numbers: fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }),
      prerelease: fc.array(part, { maxLength: 3 }),
      build: fc.constantFrom('', '+1', '+sha.5'),
    })
    .map(({ numbers, prerelease, build }) =>
      read(`${numbers.join('.')}${prerelease.length === 0 ? '' : `-${prerelease.join('.')}`}${build}`),
    );

  test('is antisymmetric', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(compareVersions(a, b) + compareVersions(b, a)).toBe(0);
      }),
    );
  });

  test('is transitive', () => {
    fc.assert(
      fc.property(version, version, version, (...three) => {
        const [low, middle, high] = three.toSorted(compareVersions);
        expect(low && middle && high && compareVersions(low, high)).toBeLessThanOrEqual(0);
        expect(low && middle && compareVersions(low, middle)).toBeLessThanOrEqual(0);
        expect(middle && high && compareVersions(middle, high)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

function read(text: string): Version {
  const version = parseVersion(text);
  if (version === undefined) {
    throw new Error(`${text} is no version`);
  }
  return version;
}
