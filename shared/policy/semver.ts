import { SluiceError } from '../errors.ts';
import { parseConstraint } from './constraint.ts';
import type { Policy } from './policy.ts';
import { compareVersions, parseVersion } from './version.ts';

/**
 * Versions within a range of Masterminds/semver, newest first. Build times do not count.
 *
 * @throws SluiceError `policy-invalid` for what is no range; an empty one is none
 */
export function semverPolicy(text: string, range: string): Policy {
  const satisfies = parseConstraint(range);
  if (satisfies === undefined) {
    throw new SluiceError({
      code: 'policy-invalid',
      subject: `policy ${text}`,
      expected: 'a range of versions like ~1.2, ^2 or >=1.0, <2.0',
      found: JSON.stringify(range),
    });
  }
  return {
    text,
    needsCreated: false,
    ranks: (tag) => parseVersion(tag) !== undefined,
    accept: (tags) =>
      tags.filter((tag) => {
        const version = parseVersion(tag);
        return version !== undefined && satisfies(version);
      }),
    compare: (a, b) => {
      const [left, right] = [parseVersion(a.tag), parseVersion(b.tag)];
      return left === undefined || right === undefined ? 0 : compareVersions(left, right);
    },
  };
}
