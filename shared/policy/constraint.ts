import { comparePrereleases, compareVersions, parseVersion, SUFFIX, type Version } from './version.ts';

/** Does a version satisfy the range? */
export type Constraint = (version: Version) => boolean;

/** https://github.com/Masterminds/semver/blob/v3.5.0/constraints.go: `MaxConstraintLen`, `MaxConstraintGroups` */
const LONGEST = 512;
const MOST_GROUPS = 32;

const PART = '[0-9xX*]+';
const PARTIAL = String.raw`v?(${PART})(?:\.(${PART}))?(?:\.(${PART}))?${SUFFIX}`;
const OPERATOR = '=>|>=|=<|<=|!=|=|>|<|~>|~|\\^|';
/** Go's `\s`: JavaScript's also takes the no-break space, which is easily pasted and hard to see. */
const SPACE = String.raw`[\t\n\f\r ]`;
const COMPARATOR = new RegExp(`${SPACE}*(${OPERATOR})${SPACE}*${PARTIAL}${SPACE}*`, 'y');
const HYPHEN_RANGE = new RegExp(`${SPACE}*(${PARTIAL})${SPACE}+-${SPACE}+(${PARTIAL})${SPACE}*`, 'g');
const SEPARATOR = new RegExp(`,${SPACE}*|(?<=${SPACE})`, 'y');

/** One comparator: `~1.2`. A part that is missing or a wildcard leaves it open from there on. */
interface Comparator {
  readonly test: Test;
  readonly version: Version;
  /** From which part on it is open; `closed` where all three are given. */
  readonly open: 'major' | 'minor' | 'patch' | 'closed';
}

type Test = (version: Version, comparator: Comparator) => boolean;

/**
 * Reads a range as Masterminds/semver 3.5 does, which is not npm's way: `>=1.0, <2.0`, `!=1.5.0`, `=>1.0` are
 * ranges, `>11` begins at 12.0.0, and a prerelease passes where any comparator of its group carries one:
 * `>=1.0.0-0 <2.0.0` admits `2.0.0-rc.1`.
 *
 * @param options `prereleases`: do they pass everywhere, as by Masterminds' `IncludePrerelease`?
 * @returns undefined where the text is no range; an empty one is none
 * @see https://github.com/Masterminds/semver#checking-version-constraints
 */
export function parseConstraint(text: string, { prereleases = false } = {}): Constraint | undefined {
  if (text.length > LONGEST) {
    return undefined;
  }
  const parts = text.replaceAll(HYPHEN_RANGE, toComparators).split('||');
  const groups = parts.map(parseGroup).filter((group) => group !== undefined);
  if (groups.length < parts.length || parts.length > MOST_GROUPS) {
    return undefined;
  }
  return (version) => groups.some((group) => satisfies(version, group, prereleases));
}

function satisfies(version: Version, group: readonly Comparator[], prereleases: boolean): boolean {
  const isAdmitted =
    prereleases || version.prerelease.length === 0 || group.some((one) => one.version.prerelease.length > 0);
  return isAdmitted && group.every((comparator) => comparator.test(version, comparator));
}

function parseGroup(text: string): readonly Comparator[] | undefined {
  const comparators: Comparator[] = [];
  let at = 0;
  while (at < text.length || comparators.length === 0) {
    if (comparators.length > 0) {
      SEPARATOR.lastIndex = at;
      const separator = SEPARATOR.exec(text);
      if (separator === null) {
        return undefined;
      }
      at = SEPARATOR.lastIndex;
    }
    COMPARATOR.lastIndex = at;
    const match = COMPARATOR.exec(text);
    const comparator = match === null ? undefined : toComparator(match);
    if (comparator === undefined) {
      return undefined;
    }
    comparators.push(comparator);
    at = COMPARATOR.lastIndex;
  }
  return comparators;
}

function toComparator(match: RegExpExecArray): Comparator | undefined {
  const [, operator = '', major, minor, patch, prerelease] = match;
  const suffix = prerelease === undefined ? '' : `-${prerelease}`;
  const [open, text] = isOpen(major)
    ? (['major', `0.0.0${suffix}`] as const)
    : isOpen(minor)
      ? (['minor', `${major}.0.0${suffix}`] as const)
      : isOpen(patch)
        ? (['patch', `${major}.${minor}.0${suffix}`] as const)
        : (['closed', `${major}.${minor}.${patch}${suffix}`] as const);
  const version = parseVersion(text);
  const test = TESTS[operator];
  return version === undefined || test === undefined ? undefined : { test, version, open };
}

function isOpen(part: string | undefined): boolean {
  return part === undefined || part === 'x' || part === 'X' || part === '*';
}

function toComparators(range: string): string {
  const [low, high] = range.trim().split(/\s+-\s+/);
  return `>=${low} <=${high} `;
}

const tilde: Test = (version, { version: from, open }) => {
  if (compareVersions(version, from) < 0) {
    return false;
  }
  const acceptsAll = from.major === 0 && from.minor === 0 && from.patch === 0 && open !== 'minor' && open !== 'patch';
  return acceptsAll || (version.major === from.major && (version.minor === from.minor || open === 'minor'));
};

const caret: Test = (version, { version: from, open }) => {
  if (compareVersions(version, from) < 0) {
    return false;
  }
  if (from.major > 0 || open === 'minor') {
    return version.major === from.major;
  }
  if (version.major > 0) {
    return false;
  }
  if (from.minor > 0 || open === 'patch') {
    return version.minor === from.minor;
  }
  return version.minor === 0 && version.patch === from.patch;
};

const equal: Test = (version, comparator) =>
  comparator.open === 'closed' ? compareVersions(version, comparator.version) === 0 : tilde(version, comparator);

const notEqual: Test = (version, { version: other, open }) => {
  if (open !== 'closed') {
    if (version.major !== other.major) {
      return true;
    }
    if (open === 'minor') {
      return false;
    }
    if (version.minor !== other.minor) {
      return true;
    }
    if (open === 'patch') {
      return comparePrereleases(version.prerelease, other.prerelease) !== 0;
    }
  }
  return compareVersions(version, other) !== 0;
};

const greater: Test = (version, { version: than, open }) => {
  if (open !== 'closed' && version.major !== than.major) {
    return version.major > than.major;
  }
  if (open === 'minor') {
    return false;
  }
  return open === 'patch' ? version.minor > than.minor : compareVersions(version, than) > 0;
};

const less: Test = (version, { version: than }) => compareVersions(version, than) < 0;
const greaterOrEqual: Test = (version, { version: than }) => compareVersions(version, than) >= 0;

const lessOrEqual: Test = (version, { version: than, open }) => {
  if (open === 'closed') {
    return compareVersions(version, than) <= 0;
  }
  return (
    version.major < than.major || (version.major === than.major && (version.minor <= than.minor || open === 'minor'))
  );
};

const TESTS: Readonly<Record<string, Test>> = {
  '': equal,
  '=': equal,
  '!=': notEqual,
  '>': greater,
  '<': less,
  '>=': greaterOrEqual,
  '=>': greaterOrEqual,
  '<=': lessOrEqual,
  '=<': lessOrEqual,
  '~': tilde,
  '~>': tilde,
  '^': caret,
};
