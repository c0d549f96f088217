import { type Constraint, parseConstraint } from './constraint.ts';
import { policyInvalid } from './policy-invalid.ts';
import type { Scheme } from './scheme.ts';
import { parseStrictVersion, parseVersion, rankOfVersion } from './version.ts';

/** How a range is read beyond what it says. */
export interface SemverOptions {
  /** Do prereleases pass, though the range names none? */
  readonly prereleases: boolean;
  /** Is only a text of three numbers a version, as in Flux v2? */
  readonly strict: boolean;
}

/**
 * Versions within a range of Masterminds/semver, newest first. Build times do not count.
 *
 * @throws SluiceError `policy-invalid` for what is no range; an empty one is none
 */
export function semver(policy: string, range: string, { prereleases, strict }: SemverOptions): Scheme {
  const satisfies = parseConstraint(range, { prereleases });
  if (satisfies === undefined) {
    throw policyInvalid(policy, 'a range of versions like ~1.2, ^2 or >=1.0, <2.0', JSON.stringify(range));
  }
  const read = strict ? parseStrictVersion : parseVersion;
  return {
    needsCreated: false,
    isLinear: true,
    accept: (texts) =>
      texts.filter((text) => {
        const version = read(text);
        return version !== undefined && satisfies(version);
      }),
    noteOn: (text) => noteOn(text, range, satisfies, strict),
    // What stands there may be of the loose form: nothing below it is taken.
    recognises: (text) => parseVersion(text) !== undefined,
    rank(text) {
      const version = parseVersion(text);
      return version && rankOfVersion(version);
    },
  };
}

/** A range that names a prerelease, `~1.2-0`, and none of the form `1.0 - 2.0`. */
const NAMES_PRERELEASE = /[\dxX*]-[0-9A-Za-z]/;

/** Masterminds/semver reads less as versions, and admits fewer prereleases, than people think. */
function noteOn(text: string, range: string, satisfies: Constraint, strict: boolean): string | undefined {
  const version = parseVersion(text);
  if (version === undefined) {
    return 'it is no version';
  }
  if (strict && parseStrictVersion(text) === undefined) {
    return 'it is no version of three numbers';
  }
  const isOnlyPrerelease =
    version.prerelease.length > 0 && !NAMES_PRERELEASE.test(range) && satisfies({ ...version, prerelease: [] });
  return isOnlyPrerelease ? 'a prerelease, which passes only a range that names one, as >=1.0.0-0 does' : undefined;
}
