/**
 * A version in the loose form of Masterminds/semver, which Flux, Argo CD Image Updater and Kargo read:
 * `1`, `v1.0`, `01.02.03` and `1.2.3-rc.1+build` are versions, `1.2.3.4`, `1.0.0p` and `latest` are not.
 */
export interface Version {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  /** The dot-separated parts; none for a release. */
  readonly prerelease: readonly string[];
}

/** The parts after the three numbers: https://semver.org/#spec-item-9 and -10. */
export const SUFFIX = String.raw`(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?`;
const VERSION = new RegExp(String.raw`^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?${SUFFIX}$`);
/** Masterminds keeps numbers in 64 bits: a larger one makes no version, and in a prerelease it is a word. */
const LARGEST = 2n ** 64n - 1n;
/** https://github.com/Masterminds/semver/blob/v3.5.0/version.go: `MaxVersionLen` */
const LONGEST = 256;

/** Reads a version, or undefined where the text is none. */
export function parseVersion(text: string): Version | undefined {
  const match = text.length > LONGEST ? null : VERSION.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, major = '0', minor = '0', patch = '0', suffix] = match;
  const prerelease = suffix === undefined ? [] : suffix.split('.');
  const numbers = [BigInt(major), BigInt(minor), BigInt(patch)] as const;
  const isValid = numbers.every((number) => number <= LARGEST) && !prerelease.some(hasLeadingZero);
  return isValid ? { major: numbers[0], minor: numbers[1], patch: numbers[2], prerelease } : undefined;
}

/** Ranks two versions by https://semver.org/#spec-item-11; build metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  return (
    compare(a.major, b.major) ||
    compare(a.minor, b.minor) ||
    compare(a.patch, b.patch) ||
    comparePrereleases(a.prerelease, b.prerelease)
  );
}

/** Ranks prereleases; a release (no parts) ranks above all of them. */
export function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) {
    return compare(b.length, a.length);
  }
  const shared = a.slice(0, b.length);
  for (const [index, part] of shared.entries()) {
    const ranked = compareParts(part, b[index] ?? '');
    if (ranked !== 0) {
      return ranked;
    }
  }
  return compare(a.length, b.length);
}

/** Numbers rank by value and below words; words rank by ASCII. */
function compareParts(a: string, b: string): number {
  const [left, right] = [toNumber(a), toNumber(b)];
  if (left !== undefined && right !== undefined) {
    return compare(left, right);
  }
  if (left === undefined && right === undefined) {
    return compare(a, b);
  }
  return left === undefined ? 1 : -1;
}

function toNumber(part: string): bigint | undefined {
  const number = /^\d+$/.test(part) ? BigInt(part) : undefined;
  return number !== undefined && number <= LARGEST ? number : undefined;
}

function hasLeadingZero(part: string): boolean {
  return /^0\d+$/.test(part);
}

function compare<T extends bigint | number | string>(a: T, b: T): number {
  return a < b ? -1 : Number(a > b);
}
