import { newestBuild } from './created.ts';
import { digest } from './digest.ts';
import { globScheme } from './glob.ts';
import { policyInvalid } from './policy-invalid.ts';
import { regexpScheme } from './regexp.ts';
import type { Scheme } from './scheme.ts';
import { compareVersions, parseVersion, rankOfVersion, type Version } from './version.ts';

/** How far a version may be from the one that stands there. */
type Step = 'all' | 'major' | 'minor' | 'patch';

/** What Keel's policies know beside their names. */
export interface KeelOptions {
  /** Keel's `matchPreRelease: false`: the prerelease need not be that of the current version. */
  readonly anyPrerelease: boolean;
  /** Keel's `matchTag`: `force` takes the tag that stands there and no other. */
  readonly sameTag: boolean;
}

/**
 * Keel's policies, by their names there: `all`, `major`, `minor`, `patch`, `force`, `glob:…` and `regexp:…`. The
 * versions are counted from the one that stands at the site; one that is none is replaced by any version. `force` and
 * the patterns take what was built last, where Keel takes whatever was pushed.
 *
 * @throws SluiceError `policy-invalid`
 * @see https://keel.sh/docs/#policies
 * @see https://github.com/keel-hq/keel/blob/master/internal/policy/semver.go
 */
export function keel(policy: string, argument: string, options: KeelOptions): Scheme {
  const [, prefix = '', pattern = ''] = /^(glob|regexp):(.*)$/s.exec(argument) ?? [];
  if (prefix !== '') {
    const scheme = prefix === 'glob' ? globScheme(policy, pattern) : regexpScheme(policy, pattern);
    return { ...scheme, dropsLatest: false };
  }
  if (argument === 'force') {
    return options.sameTag ? digest : newestBuild;
  }
  if (argument === 'all' || argument === 'major' || argument === 'minor' || argument === 'patch') {
    return {
      ...versionsFrom(argument, undefined, options),
      from: (standing) => versionsFrom(argument, standing, options),
    };
  }
  throw policyInvalid(
    policy,
    'all, major, minor, patch, force, glob:… or regexp:…, as Keel has them',
    JSON.stringify(argument),
  );
}

function versionsFrom(step: Step, standing: string | undefined, options: KeelOptions): Scheme {
  const from = standing === undefined ? undefined : parseVersion(standing);
  const accepts = (text: string): boolean => {
    const version = readVersion(text);
    return version !== undefined && isWithin(step, version, from, options);
  };
  return {
    needsCreated: false,
    isLinear: true,
    accept: (texts) => texts.filter(accepts),
    noteOn: (text) => noteOn(text, step, from, options),
    // What stands there may be of one number: nothing below it is taken.
    recognises: (text) => parseVersion(text) !== undefined,
    rank(text) {
      const version = parseVersion(text);
      return version && rankOfVersion(version);
    },
  };
}

/** Keel takes no tag that has not at least a major and a minor number. */
function readVersion(text: string): Version | undefined {
  return text.includes('.') ? parseVersion(text) : undefined;
}

function isWithin(step: Step, version: Version, from: Version | undefined, options: KeelOptions): boolean {
  if (!hasPrereleaseOf(version, from, step, options)) {
    return false;
  }
  if (from === undefined || step === 'all' || step === 'major') {
    return true;
  }
  return version.major === from.major && (step === 'minor' || version.minor === from.minor);
}

/** `1.4.5-xx` goes to `1.4.6-xx`, not to `1.4.6-yy` or `1.4.6`. */
function hasPrereleaseOf(version: Version, from: Version | undefined, step: Step, options: KeelOptions): boolean {
  return step === 'all' || options.anyPrerelease || version.prerelease.join('.') === (from?.prerelease ?? []).join('.');
}

function noteOn(text: string, step: Step, from: Version | undefined, options: KeelOptions): string | undefined {
  const version = readVersion(text);
  if (version === undefined) {
    return 'it is no version of two or three numbers';
  }
  const isNewer = from === undefined || compareVersions(version, from) > 0;
  return isNewer && !hasPrereleaseOf(version, from, step, options)
    ? 'its prerelease is another than that of the current version'
    : undefined;
}
