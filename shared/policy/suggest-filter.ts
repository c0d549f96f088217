import { nearMiss } from '../near-miss.ts';
import { parseConstraint } from './constraint.ts';

/** What a person wrote who thought of another kind: `semver ~1.0`, `SemVer:~1.0`, `regex=^v`. */
const NAMED = /^([a-z]+)\s*[:=]?\s*(.+)$/is;
/** `*-dev` is a range as well, but was hardly meant for one. */
const RANGE_START = /^[\s~^<>=!]*v?[\dxX]/;
/** Within the text of an annotation. */
const QUOTED = /^(?:"(.*)"|'(.*)')$/s;
/** As regular expressions are written elsewhere. */
const SLASHED = /^\/(.*)\/$/s;
/** Says that a text is a pattern for regular expressions, and no glob of a shell. */
const REGEXP_ONLY = /[\\^$|(+]|\.\*/;
/** What a shell's glob has beside `*`. */
const SHELL_GLOB = /\?|\[[^\]]+\]/;

/**
 * The filter that was perhaps meant by a text that is none; undefined where nothing is near.
 *
 * @param kinds `semver`, `glob` and the like
 * @param isFilter is this whole text one that can be read?
 */
export function suggestFilter(
  text: string,
  kinds: readonly string[],
  isFilter: (text: string) => boolean,
): string | undefined {
  const [, word = '', rest = ''] = NAMED.exec(text) ?? [];
  const kind = nearMiss(word, kinds);
  const named = kind === undefined ? [] : [...unquoted(rest), rest].map((one) => `${kind}:${one}`);
  const patterns = [text, ...(kind === undefined ? [] : [rest])].flatMap((one) => unquoted(one).concat(one));
  return [...named, ...patterns.flatMap((pattern) => byItsLook(pattern, kinds))].find(
    (one) => one !== text && isFilter(one),
  );
}

function unquoted(text: string): readonly string[] {
  const [, ...inner] = QUOTED.exec(text) ?? [];
  return inner.flatMap((one) => (one === undefined ? [] : [one.trim()]));
}

/** A whole filter, a range, a glob of a shell, a regular expression or a glob. */
function byItsLook(pattern: string, kinds: readonly string[]): readonly string[] {
  const [, slashed] = SLASHED.exec(pattern) ?? [];
  if (slashed !== undefined) {
    return [`regexp:${slashed}`];
  }
  const isWhole = kinds.some((kind) => pattern.startsWith(`${kind}:`));
  if (isWhole) {
    return [pattern];
  }
  if (RANGE_START.test(pattern) && parseConstraint(pattern) !== undefined) {
    return [`semver:${pattern}`];
  }
  if (REGEXP_ONLY.test(pattern)) {
    return [`regexp:${pattern}`];
  }
  return SHELL_GLOB.test(pattern) ? [`regexp:${fromShellGlob(pattern)}`] : [`glob:${pattern}`];
}

function fromShellGlob(pattern: string): string {
  const body = pattern
    .replaceAll('.', String.raw`\.`)
    .replaceAll('?', '.')
    .replaceAll('*', '.*')
    .replaceAll('[!', '[^');
  return `^${body}$`;
}
