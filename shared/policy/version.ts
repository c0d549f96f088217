import { compareRanks, type Rank, type RankPart, wholeNumber } from './rank.ts';

/**
 * A version in the loose form of Masterminds/semver, which Flux, Argo CD Image Updater and Kargo read:
 * `1`, `v1.0`, `01.02.03` and `1.2.3-rc.1+build` are versions, `1.2.3.4`, `1.0.0p` and `latest` are not.
 */
export interface Version {
  readonly major: number | bigint;
  readonly minor: number | bigint;
  readonly patch: number | bigint;
  /** The dot-separated parts; none for a release. */
  readonly prerelease: readonly string[];
}

/** The parts after the three numbers: https://semver.org/#spec-item-9 and -10. */
export const SUFFIX = String.raw`(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?`;
const VERSION = new RegExp(String.raw`^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?${SUFFIX}$`);
/** Three numbers, none of which begins with a 0 that could be left out. */
const STRICT = /^v?(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:[-+]|$)/;
/** Masterminds keeps numbers in 64 bits: a larger one makes no version, and in a prerelease it is a word. */
const LARGEST = 2n ** 64n - 1n;
/** https://github.com/Masterminds/semver/blob/v3.5.0/version.go: `MaxVersionLen` */
const LONGEST = 256;

const NO_PARTS: readonly string[] = [];

/** Reads a version, or undefined where the text is none. */
export function parseVersion(text: string): Version | undefined {
  const match = text.length > LONGEST ? null : VERSION.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, first = '0', second = '0', third = '0', suffix] = match;
  const [major, minor, patch] = [wholeNumber(first), wholeNumber(second), wholeNumber(third)];
  const prerelease = suffix === undefined ? NO_PARTS : suffix.split('.');
  const isValid = major <= LARGEST && minor <= LARGEST && patch <= LARGEST && !prerelease.some(hasLeadingZero);
  return isValid ? { major, minor, patch, prerelease } : undefined;
}

/**
 * Reads a version in the form that Flux v2 demands of a tag: three numbers, with a `v` before them or not.
 *
 * @see https://github.com/fluxcd/pkg/blob/main/version/version.go
 */
export function parseStrictVersion(text: string): Version | undefined {
  return STRICT.test(text) ? parseVersion(text) : undefined;
}

/** Ranks a version by https://semver.org/#spec-item-11; build metadata does not count. */
export function rankOfVersion({ major, minor, patch, prerelease }: Version): Rank {
  return prerelease.length === 0
    ? [major, minor, patch, RELEASE]
    : [major, minor, patch, PRERELEASE, ...prerelease.flatMap(rankOfPart)];
}

const PRERELEASE = 0;
const RELEASE = 1;
const NUMBER = 0;
const WORD = 1;

/** Ranks two versions: positive where `a` is the newer one. */
export function compareVersions(a: Version, b: Version): number {
  if (a.major !== b.major) {
    return a.major < b.major ? -1 : 1;
  }
  if (a.minor !== b.minor) {
    return a.minor < b.minor ? -1 : 1;
  }
  if (a.patch !== b.patch) {
    return a.patch < b.patch ? -1 : 1;
  }
  return comparePrereleases(a.prerelease, b.prerelease);
}

/** Ranks prereleases; a release (no parts) ranks above all of them. */
export function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  return a.length === 0 || b.length === 0
    ? Math.sign(b.length - a.length)
    : compareRanks(a.flatMap(rankOfPart), b.flatMap(rankOfPart));
}

/** Numbers rank by value and below words; words rank by ASCII. */
function rankOfPart(part: string): readonly RankPart[] {
  const number = /^\d+$/.test(part) ? wholeNumber(part) : undefined;
  return number !== undefined && number <= LARGEST ? [NUMBER, number] : [WORD, part];
}

function hasLeadingZero(part: string): boolean {
  return /^0\d+$/.test(part);
}
