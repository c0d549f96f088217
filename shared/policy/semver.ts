import { SluiceError } from '../errors.ts';
import { type Constraint, parseConstraint } from './constraint.ts';
import type { Policy } from './policy.ts';
import { doesNotPass } from './refusal.ts';
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
    isLinear: true,
    ranks: (tag) => parseVersion(tag) !== undefined,
    accept: (tags) =>
      tags.filter((tag) => {
        const version = parseVersion(tag);
        return version !== undefined && satisfies(version);
      }),
    refusal: (tag) => doesNotPass(tag, text, noteOn(tag, range, satisfies)),
    compare: (a, b) => {
      const [left, right] = [parseVersion(a.tag), parseVersion(b.tag)];
      return left === undefined || right === undefined ? 0 : compareVersions(left, right);
    },
  };
}

/** A range that names a prerelease, `~1.2-0`, and none of the form `1.0 - 2.0`. */
const NAMES_PRERELEASE = /[\dxX*]-[0-9A-Za-z]/;

/** Masterminds/semver reads less as versions, and admits fewer prereleases, than people think. */
function noteOn(tag: string, range: string, satisfies: Constraint): string | undefined {
  const version = parseVersion(tag);
  if (version === undefined) {
    return 'it is no version';
  }
  const isOnlyPrerelease =
    version.prerelease.length > 0 && !NAMES_PRERELEASE.test(range) && satisfies({ ...version, prerelease: [] });
  return isOnlyPrerelease ? 'a prerelease, which passes only a range that names one, as >=1.0.0-0 does' : undefined;
}
