import { isSluiceError, SluiceError } from '../errors.ts';
import { isArtifactTag } from '../image/artifact.ts';
import { BoundedMap } from './bounded-map.ts';
import { globPolicy } from './glob.ts';
import type { Policy } from './policy.ts';
import { artifactLeftOut, latestLeftOut } from './refusal.ts';
import { regexpPolicy } from './regexp.ts';
import { semverPolicy } from './semver.ts';
import { suggestFilter } from './suggest-filter.ts';

/** Flux v1's kinds of filter. A text without one of these prefixes is a glob. */
const KINDS: ReadonlyMap<string, (text: string, pattern: string) => Policy> = new Map([
  ['glob', globPolicy],
  ['semver', semverPolicy],
  ['regexp', regexpPolicy],
  ['regex', regexpPolicy],
]);
const NAMES_LATEST: ReadonlySet<string> = new Set(['latest', 'glob:latest']);

/**
 * Reads a filter of Flux v1: `glob:…`, `semver:…`, `regexp:…`, `regex:…`, or a bare glob.
 *
 * The tag `latest`, in any case, passes only a filter that is exactly that. A tag of what belongs to an image (its
 * signature, say) passes none.
 *
 * @throws SluiceError `policy-invalid`, with the filter that was perhaps meant; an empty pattern is one too
 * @see https://github.com/fluxcd/flux/blob/master/docs/references/automated-image-update.md
 */
export function parsePolicy(text: string): Policy {
  if (text.length > MAX_LENGTH) {
    throw new SluiceError({
      code: 'policy-invalid',
      subject: `policy ${JSON.stringify(text.slice(0, 40))}…`,
      expected: `a filter of at most ${MAX_LENGTH} characters`,
      found: `${text.length}`,
    });
  }
  const read = known.getOrMake(text, () => readOnce(text));
  if ('error' in read) {
    throw read.error;
  }
  return read.policy;
}

/** More is no filter that a person wrote. */
const MAX_LENGTH = 1024;
/** Many sites have the same policy, and each push asks for all of them again. */
const MAX_KNOWN = 1000;
const known = new BoundedMap<string, { readonly policy: Policy } | { readonly error: unknown }>(MAX_KNOWN);

function readOnce(text: string): { readonly policy: Policy } | { readonly error: unknown } {
  try {
    return { policy: compile(text) };
  } catch (error) {
    return { error: isSluiceError(error, 'policy-invalid') ? withSuggestion(error, text) : error };
  }
}

function withSuggestion(error: SluiceError, text: string): SluiceError {
  const { code, subject, expected = '', found, next } = error;
  const meant = next === undefined ? suggestFilter(text.trim(), [...KINDS.keys()], isFilter) : undefined;
  return meant === undefined
    ? error
    : new SluiceError({ code, subject, expected, found, next: `Did you mean ${meant}?`, cause: error });
}

function isFilter(text: string): boolean {
  try {
    compile(text);
    return true;
  } catch {
    return false;
  }
}

function compile(text: string): Policy {
  const trimmed = text.trim();
  const [, prefix = '', rest = ''] = /^(\w+):(.*)$/s.exec(trimmed) ?? [];
  const kind = KINDS.get(prefix);
  const pattern = kind === undefined ? trimmed : rest;
  if (pattern.trim() === '') {
    throw new SluiceError({
      code: 'policy-invalid',
      subject: `policy ${JSON.stringify(trimmed)}`,
      expected: 'a filter like glob:main-*, semver:~1.2 or regexp:^v',
      found: 'an empty one',
    });
  }
  const policy = (kind ?? globPolicy)(trimmed, pattern);
  return withRules(policy, NAMES_LATEST.has(trimmed));
}

/** The policy, under the rules that hold whatever the filter says. */
function withRules(policy: Policy, namesLatest: boolean): Policy {
  const includes = (tag: string) => !isArtifactTag(tag) && (namesLatest || !isLatest(tag));
  return {
    ...policy,
    ranks: (tag) => includes(tag) && policy.ranks(tag),
    accept: (tags) => policy.accept(tags.filter(includes)),
    refusal(tag) {
      if (isArtifactTag(tag)) {
        return artifactLeftOut(tag);
      }
      const isLeftOut = !includes(tag) && policy.accept([tag]).length > 0;
      return isLeftOut ? latestLeftOut(tag, policy.text) : policy.refusal(tag);
    },
  };
}

function isLatest(tag: string): boolean {
  return tag.toLowerCase() === 'latest';
}
