import { parseConstraint } from './constraint.ts';
import { rankByAge } from './created.ts';
import { policyInvalid } from './policy-invalid.ts';
import type { Scheme } from './scheme.ts';
import { wildcardTest } from './wildcard.ts';

/** What no tag has, anywhere or as its first character: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const IN_NO_TAG = /^[.-]|[^\w.*-]/u;

/**
 * Tags that a glob of Flux v1 takes, the one that was built last first.
 *
 * @throws SluiceError `policy-invalid` for one that no tag can pass: `~1.0` was meant for a range
 */
export function globScheme(policy: string, pattern: string): Scheme {
  const [foreign] = IN_NO_TAG.exec(pattern) ?? [];
  if (foreign !== undefined) {
    const quoted = JSON.stringify(foreign);
    throw policyInvalid(
      policy,
      'a glob of letters, digits, "_", "." and "-", as tags have them, and "*" for any text',
      /[.-]/.test(foreign) ? `${quoted} at its start, where no tag has it` : `${quoted}, which no tag has`,
    );
  }
  const passes = wildcardTest(pattern);
  const note = pattern.includes('*') ? undefined : takesAlone(pattern);
  return {
    needsCreated: true,
    isLinear: true,
    dropsLatest: pattern !== LATEST,
    accept: (texts) => texts.filter(passes),
    noteOn: () => note,
    recognises: passes,
    rank: (_, facts) => rankByAge(facts),
  };
}

/** Written whole, and in no other case. */
const LATEST = 'latest';

/** Policies of Keel and of Argo CD Image Updater, as those have them: here each is the name of a tag. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ...['patch', 'minor', 'major', 'all', 'force'].map((word) => [word, `keel:${word}`] as const),
  ['name', 'alphabetical'],
  ['semver', 'semver:*'],
]);

/** `1.x` is the name of a tag, for a glob. */
function takesAlone(pattern: string): string {
  const isRange = /\bx\b/i.test(pattern) && parseConstraint(pattern) !== undefined;
  const meant = isRange ? `semver:${pattern}` : ELSEWHERE.get(pattern);
  return `a glob, which takes the tag ${pattern} alone${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}
