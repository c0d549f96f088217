import { isSluiceError, SluiceError } from '../errors.ts';
import { BoundedMap } from './bounded-map.ts';
import { composePolicy } from './compose.ts';
import { globScheme } from './glob.ts';
import { KINDS, type Kind, type Option } from './kinds.ts';
import { type PolicyLine, parseLine } from './line.ts';
import type { Policy } from './policy.ts';
import { policyInvalid } from './policy-invalid.ts';
import type { Scheme } from './scheme.ts';
import { suggestFilter } from './suggest-filter.ts';
import { TagFilter } from './tag-filter.ts';

/**
 * Reads a policy: what ranks (`semver:~1.2`, `glob:main-*`, `numerical:asc`, …; a text without a name of {@link KINDS} is
 * a glob), and behind semicolons filters and options.
 *
 * @throws SluiceError `policy-invalid`, with the one that was perhaps meant; an empty pattern is one too
 */
export function parsePolicy(text: string): Policy {
  if (text.length > MAX_LENGTH) {
    throw policyInvalid(
      `${JSON.stringify(text.slice(0, 40))}…`,
      `a filter of at most ${MAX_LENGTH} characters`,
      `${text.length}`,
    );
  }
  const read = known.getOrMake(text, () => readOnce(text));
  if ('error' in read) {
    throw read.error;
  }
  return read.policy;
}

/** Does this policy ask for a digest beside the tag? One that is not valid asks for nothing. */
export function asksForDigest(text: string): boolean {
  try {
    return parsePolicy(text).pins;
  } catch (error) {
    if (isSluiceError(error, 'policy-invalid')) {
      return false;
    }
    throw error;
  }
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

/** Kinds whose argument says that they are meant. */
const SUGGESTED = ['glob', 'semver', 'regexp', 'regex'];

function withSuggestion(error: SluiceError, text: string): SluiceError {
  const { code, subject, expected = '', found, next } = error;
  const meant = next === undefined && !text.includes(';') ? suggestFilter(text.trim(), SUGGESTED, isFilter) : undefined;
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
  const line = parseLine(trimmed);
  const filter = new TagFilter(trimmed, line.filters);
  const scheme = schemeOf(trimmed, line);
  return composePolicy({ text: trimmed, scheme, filter, pins: line.words.has('pin'), minAge: line.minAge });
}

/** A name, and what stands behind its colon. */
const RANKING = /^([a-z-]+)(?::(.*))?$/s;

function schemeOf(text: string, { ranking, words }: PolicyLine): Scheme {
  const [, name = '', argument] = RANKING.exec(ranking) ?? [];
  const kind = KINDS.get(name);
  if (kind === undefined || (argument === undefined && kind.argument === 'needed')) {
    requireText(text, ranking);
    requireOptions(text, words, []);
    return globScheme(text, ranking);
  }
  if (kind.argument === 'needed') {
    requireText(text, argument ?? '');
  }
  if (kind.argument === 'none' && argument !== undefined) {
    throw policyInvalid(text, `${name} alone`, JSON.stringify(ranking));
  }
  requireOptions(text, words, kind.options);
  return kind.read(text, argument ?? '', (option) => words.has(option));
}

/** @throws SluiceError `policy-invalid` for an empty pattern */
function requireText(text: string, pattern: string): void {
  if (pattern.trim() === '') {
    throw policyInvalid(JSON.stringify(text), 'a filter like glob:main-*, semver:~1.2 or regexp:^v', 'an empty one');
  }
}

/** @throws SluiceError `policy-invalid` for a word that this kind of policy does not heed */
function requireOptions(text: string, words: ReadonlySet<string>, heeded: Kind['options']): void {
  const allowed: readonly (Option | 'pin')[] = [...heeded, 'pin'];
  const odd = [...words].find((word) => !allowed.some((one) => one === word));
  if (odd !== undefined) {
    throw policyInvalid(text, `no other word than ${allowed.join(', ')} for this kind of policy`, odd);
  }
}
