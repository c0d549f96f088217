import { describe, expect, test } from 'vitest';
import { choose } from '../../../shared/policy/choose.ts';
import { parsePolicy } from '../../../shared/policy/parse.ts';

const HEX = 'a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4';
const POLICIES = ['glob:*', '*', 'regexp:.*', 'regexp:^((?!tmp).)*$', `glob:sha256-${HEX}.sig`, 'glob:sha*'];

describe('a tag of what belongs to an image is taken by no policy, though it was made last', () => {
  test.each([
    { what: "cosign's signature", tag: `sha256-${HEX}.sig` },
    { what: "cosign's attestation", tag: `sha256-${HEX}.att` },
    { what: "cosign's SBOM", tag: `sha256-${HEX}.sbom` },
    { what: 'an attachment of another tool', tag: `sha256-${HEX}.dockerfile` },
    { what: 'what refers to a manifest', tag: `sha256-${HEX}` },
    { what: 'what refers to one, by a digest that was cut', tag: `sha512-${HEX}` },
    { what: 'a signature under a whole sha512', tag: `sha512-${HEX}${HEX}.sig` },
  ])('$what', ({ tag }) => {
    for (const text of POLICIES) {
      const policy = parsePolicy(text);
      expect({ text, accepted: policy.accept([tag]), isRanked: policy.ranks(tag) }).toEqual({
        text,
        accepted: [],
        isRanked: false,
      });
      expect(
        choose({
          policy,
          current: { tag: 'a', created: '2026-01-01T00:00:00Z' },
          candidates: [{ tag, created: '2026-02-01T00:00:00Z' }],
        }),
      ).toEqual({
        action: 'keep',
        because: 'no-match',
        reason: `tag ${tag} names what belongs to an image (a signature, an attestation, an SBOM), and no image`,
      });
    }
  });
});

test.each([
  `sha-${HEX.slice(0, 7)}`,
  `sha256-${HEX.slice(0, 12)}`,
  HEX,
  HEX.slice(0, 40),
  'sha256',
  'v1.sig',
  `main-${HEX}`,
])('the name of a build is none: %s', (tag) => {
  expect(parsePolicy('glob:*').accept([tag])).toEqual([tag]);
});
