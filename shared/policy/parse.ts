import { globPolicy } from './glob.ts';
import type { Policy } from './policy.ts';
import { regexpPolicy } from './regexp.ts';
import { semverPolicy } from './semver.ts';

/** Flux v1's kinds of filter. A text without one of these prefixes is a glob. */
const KINDS: Readonly<Record<string, (text: string, pattern: string) => Policy>> = {
  glob: globPolicy,
  semver: semverPolicy,
  regexp: regexpPolicy,
  regex: regexpPolicy,
};

/**
 * Reads a filter of Flux v1: `glob:…`, `semver:…`, `regexp:…`, `regex:…`, or a bare glob.
 *
 * The tag `latest`, in any case, passes only a filter that is exactly that.
 *
 * @throws SluiceError `policy-invalid`
 * @see https://github.com/fluxcd/flux/blob/master/docs/references/automated-image-update.md
 */
export function parsePolicy(text: string): Policy {
  const trimmed = text.trim();
  const [, kind = 'glob', pattern = trimmed] = /^(\w+):(.*)$/s.exec(trimmed) ?? [];
  const known = KINDS[kind];
  const policy = known === undefined ? globPolicy(trimmed, trimmed) : known(trimmed, pattern);
  return trimmed === 'latest' || trimmed === 'glob:latest' ? policy : withoutLatest(policy);
}

function withoutLatest(policy: Policy): Policy {
  const isLatest = (tag: string) => tag.toLowerCase() === 'latest';
  return {
    ...policy,
    ranks: (tag) => !isLatest(tag) && policy.ranks(tag),
    accept: (tags) => policy.accept(tags.filter((tag) => !isLatest(tag))),
  };
}
