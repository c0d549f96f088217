import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { choose } from '../../../shared/policy/choose.ts';
import { parsePolicy } from '../../../shared/policy/parse.ts';

const LATEST_RULE = 'a tag of the name latest, in any case, is left out unless the filter is exactly latest';
const HEX = 'a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4';

describe('why a tag is left out', () => {
  test.each([
    {
      text: 'regexp:^((?!tmp).)*$',
      tag: 'latest',
      reason: `tag latest matches regexp:^((?!tmp).)*$, but ${LATEST_RULE}`,
    },
    { text: 'glob:*', tag: 'LATEST', reason: `tag LATEST matches glob:*, but ${LATEST_RULE}` },
    { text: 'glob:main-*', tag: 'latest', reason: 'tag latest does not pass glob:main-*' },
    { text: 'regexp:^((?!tmp).)*$', tag: 'tmp', reason: 'tag tmp does not pass regexp:^((?!tmp).)*$' },
    { text: 'semver:~1', tag: 'latest', reason: 'tag latest does not pass semver:~1 (it is no version)' },
    { text: 'semver:~1', tag: '1.2.3.4', reason: 'tag 1.2.3.4 does not pass semver:~1 (it is no version)' },
    { text: 'semver:~1', tag: '2.0.0', reason: 'tag 2.0.0 does not pass semver:~1' },
    {
      text: 'semver:~1',
      tag: '1.1.0-rc.1',
      reason:
        'tag 1.1.0-rc.1 does not pass semver:~1 (a prerelease, which passes only a range that names one, as >=1.0.0-0 does)',
    },
    { text: 'semver:~1.2.3-rc.5', tag: '1.2.3-rc.1', reason: 'tag 1.2.3-rc.1 does not pass semver:~1.2.3-rc.5' },
    { text: 'semver:~1', tag: '2.1.0-rc.1', reason: 'tag 2.1.0-rc.1 does not pass semver:~1' },
    { text: '1.0', tag: '1.0.1', reason: 'tag 1.0.1 does not pass 1.0 (a glob, which takes the tag 1.0 alone)' },
    {
      text: '1.x',
      tag: '1.0.1',
      reason: 'tag 1.0.1 does not pass 1.x (a glob, which takes the tag 1.x alone; did you mean semver:1.x?)',
    },
    {
      text: 'minor',
      tag: '1.0.1',
      reason: 'tag 1.0.1 does not pass minor (a glob, which takes the tag minor alone; did you mean keel:minor?)',
    },
    {
      text: 'name',
      tag: '1.0.1',
      reason: 'tag 1.0.1 does not pass name (a glob, which takes the tag name alone; did you mean alphabetical?)',
    },
    {
      text: 'semver',
      tag: '1.0.1',
      reason: 'tag 1.0.1 does not pass semver (a glob, which takes the tag semver alone; did you mean semver:*?)',
    },
    {
      text: 'glob:*',
      tag: `sha256-${HEX}.sig`,
      reason: `tag sha256-${HEX}.sig names what belongs to an image (a signature, an attestation, an SBOM), and no image`,
    },
  ])('$tag by $text', ({ text, tag, reason }) => {
    expect(choose({ policy: parsePolicy(text), current: undefined, candidates: [{ tag }] })).toEqual({
      action: 'keep',
      because: 'no-match',
      reason,
    });
  });

  test.each([
    {
      text: 'glob:*',
      tags: ['latest', 'Latest'],
      reason: 'no tag matches glob:* (2 tags seen, latest, Latest left out by its name)',
    },
    {
      text: 'regexp:.',
      tags: ['latest', `sha256-${HEX}.sig`, `sha256-${HEX}.att`],
      reason: 'no tag matches regexp:. (3 tags seen, 2 of them no images by their names, latest left out by its name)',
    },
    { text: 'glob:v-*', tags: ['latest', 'a'], reason: 'no tag matches glob:v-* (2 tags seen)' },
  ])('of several: $tags by $text', ({ text, tags, reason }) => {
    const candidates = tags.map((tag) => ({ tag }));
    expect(choose({ policy: parsePolicy(text), current: undefined, candidates })).toMatchObject({ reason });
  });
});

describe('a reason names what decided', () => {
  /** Filters, each with what its text alone takes, by another engine than the policy's. */
  const filters: readonly { readonly text: string; readonly alone: RegExp }[] = [
    { text: 'glob:*', alone: /^.*$/ },
    { text: 'glob:*t*', alone: /^.*t.*$/ },
    { text: 'latest', alone: /^latest$/ },
    { text: 'regexp:^((?!tmp).)*$', alone: /^((?!tmp).)*$/ },
    { text: 'regexp:(?i)lat', alone: /lat/i },
    { text: 'regexp:^sha', alone: /^sha/ },
    { text: 'semver:*', alone: /^v?\d+(\.\d+){0,2}(\+.*)?$/ },
    { text: 'semver:~1.0', alone: /^v?0*1(\.0+(\.\d+)?)?$/ },
  ];
  const tag = fc.oneof(
    fc.constantFrom(
      'latest',
      'Latest',
      'LATEST',
      'tmp',
      'later',
      '1.0',
      '1.0.1',
      '1.1',
      '2',
      'v1',
      '1.0.1-rc.1',
      `sha256-${HEX}`,
      `sha256-${HEX}.sig`,
    ),
    fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,12}$/),
  );

  test('"does not pass" is said only where the text alone refuses the tag, "matches" only where it takes it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...filters), tag, ({ text, alone }, name) => {
        const policy = parsePolicy(text);
        fc.pre(policy.accept([name]).length === 0);
        const { by, reason } = policy.refusal(name);
        expect(reason.includes('does not pass')).toBe(by === 'filter');
        expect(by === 'artifact' || alone.test(name) === (by === 'latest')).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
