import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSluiceError } from '../../../../shared/errors.ts';
import { policyFor } from '../../../../shared/manifest/image-updater/policy-line.ts';
import type { UpdateSettings } from '../../../../shared/manifest/image-updater/settings.ts';
import { parseLine } from '../../../../shared/policy/line.ts';
import { parsePolicy } from '../../../../shared/policy/parse.ts';

/** Pieces that mean something in a line of Sluice, in a pattern or in a list. */
const piece = fc.constantFrom(
  '; pin',
  ';',
  ',',
  ' ',
  '\n',
  '\\',
  '*',
  '[',
  ']',
  '(',
  ')',
  '^',
  '$',
  'a',
  '1',
  '.',
  'regexp:',
  'allow',
  'ignore',
  'prereleases',
  'hold',
  'extract $1',
  'filter .',
);
const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
const settings = fc.record(
  {
    strategy: fc.constantFrom('', 'semver', 'latest', 'name', 'digest', 'calver', 'other'),
    allowTags: fc.oneof(
      text,
      text.map((pattern) => `regexp:${pattern}`),
    ),
    ignoreTags: fc.array(text, { maxLength: 3 }),
  },
  { requiredKeys: [] },
);

const lineOf = (constraint: string, said: UpdateSettings) => {
  const policy = policyFor(constraint, said);
  return 'line' in policy ? policy.line : undefined;
};

/** Why a line is none; undefined where it can be read. */
function refusalOf(line: string): unknown {
  try {
    parsePolicy(line);
    return undefined;
  } catch (error) {
    return error;
  }
}

test('nothing that is written of an image becomes a clause that nobody wrote', () => {
  fc.assert(
    fc.property(text, settings, (constraint, said) => {
      const line = lineOf(constraint, said);
      fc.pre(line !== undefined);
      const { words, filters } = parseLine(line);
      const globs = (said.ignoreTags ?? []).map((glob) => glob.trim());
      expect([...words]).toEqual(said.strategy === 'digest' ? ['pin'] : []);
      expect(filters.filter === undefined).toBe(said.strategy !== 'calver');
      expect(filters.allow ?? 'regexp:').toMatch(/^regexp:/);
      expect(filters.ignore ?? []).toEqual(globs.filter((glob) => glob !== '' && !glob.includes(';')));
    }),
    { numRuns: 1000 },
  );
});

test('a line is read, or refused as a policy that is none', () => {
  fc.assert(
    fc.property(text, settings, (constraint, said) => {
      const refusal = refusalOf(lineOf(constraint, said) ?? 'semver:*');
      expect(refusal === undefined || isSluiceError(refusal, 'policy-invalid')).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
