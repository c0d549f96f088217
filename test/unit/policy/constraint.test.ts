import { describe, expect, test } from 'vitest';
import { parseConstraint } from '../../../shared/policy/constraint.ts';
import { parseVersion } from '../../../shared/policy/version.ts';
import { readCorpus } from './corpus.ts';

const corpus = readCorpus();
const versions = corpus.ranks.flat();

test('the corpus has verdicts of every kind', () => {
  const invalid = corpus.constraints.filter(({ valid }) => !valid);
  expect(corpus.constraints.length * versions.length).toBeGreaterThan(50_000);
  expect(invalid.length).toBeGreaterThan(50);
});

test.each(corpus.constraints)('$constraint', ({ constraint, valid, matches }) => {
  const satisfies = parseConstraint(constraint);
  expect(satisfies !== undefined).toBe(valid);
  expect(versions.filter((text) => isSatisfied(constraint, text)).toSorted()).toEqual(matches.toSorted());
});

describe('what users write and npm reads otherwise', () => {
  test.each([
    { name: 'a comma is an and', constraint: '>=1.0, <2.0', yes: ['1.0.0', '1.9'], no: ['2.0.0', '0.9'] },
    { name: 'not equal', constraint: '!=1.5.0', yes: ['1.5.1'], no: ['1.5.0'] },
    { name: 'reversed operator', constraint: '=>1.0.0', yes: ['1.0.0', '2.0.0'], no: ['0.9.9'] },
    { name: 'wildcard with a prerelease', constraint: '^1.x-0', yes: ['1.2.0-beta.1', '1.0.0'], no: ['2.0.0-rc.1'] },
    { name: '2.x-0', constraint: '2.x-0', yes: ['2.0.0-rc.1', '2.1.0'], no: ['3.0.0-rc.1'] },
    { name: 'greater than a major', constraint: '>11', yes: ['12.0.0'], no: ['11.1.0', '11.9.9'] },
    { name: 'prereleases above', constraint: '>=1.0.0-0', yes: ['2.0.0-rc.1', '1.1.0-alpha'], no: ['0.9.0'] },
    { name: 'prereleases of a whole group', constraint: '>=1.0.0-0 <2.0.0', yes: ['2.0.0-rc.1'], no: ['2.0.0'] },
    { name: 'no prereleases unasked', constraint: '>=1.0.0', yes: ['1.0.0'], no: ['2.0.0-rc.1'] },
    { name: 'prereleases of one alternative', constraint: '~1.0 || >=3.0.0-0', yes: ['3.1.0-a'], no: ['1.0.1-a'] },
    { name: 'tilde with a prerelease', constraint: '~1.2.3-beta.2', yes: ['1.2.4-beta.2'], no: ['1.3.4-beta.2'] },
  ])('$name: $constraint', ({ constraint, yes, no }) => {
    expect(yes.filter((text) => !isSatisfied(constraint, text))).toEqual([]);
    expect(no.filter((text) => isSatisfied(constraint, text))).toEqual([]);
  });
});

function isSatisfied(constraint: string, text: string): boolean {
  const version = parseVersion(text);
  return version !== undefined && parseConstraint(constraint)?.(version) === true;
}
