import type { SluiceError } from '../errors.ts';
import { didYouMean } from '../near-miss.ts';
import { MIN_AGE_FORM, type MinAge, parseMinAge } from './min-age.ts';
import { policyInvalid } from './policy-invalid.ts';
import type { FilterTexts } from './tag-filter.ts';

/** A policy as one line: what ranks, and behind semicolons what narrows it down. */
export interface PolicyLine {
  /** `semver:~1.2` */
  readonly ranking: string;
  readonly filters: FilterTexts;
  /** Words without a value, as they are written: `pin`, `prereleases`. */
  readonly words: ReadonlySet<string>;
  /** Of `older than 2h`. */
  readonly minAge?: MinAge | undefined;
}

/** Clauses with a value. */
const FILTERS = ['filter', 'extract', 'allow', 'exclude', 'ignore'] as const;
const VALUED = [...FILTERS, 'older'] as const;
type Valued = (typeof VALUED)[number];
const BARE = ['pin', 'prereleases', 'strict', 'any-prerelease', 'same-tag'];
const CLAUSE = /^([a-z-]*)\s*(.*)$/s;

/**
 * Reads a line: `semver:~1.2; filter ^v(.*)-alpine$; extract $1; ignore *-rc*, *-debug; older than 2h; pin`. No tag has a
 * semicolon, so that none is missed in a pattern; one can be written as `\x3b` there.
 *
 * @throws SluiceError `policy-invalid` for a clause that is unknown, comes twice, or has no value, or not one that it
 *   takes, where it needs one
 */
export function parseLine(text: string): PolicyLine {
  const [ranking = '', ...clauses] = text.split(';').map((part) => part.trim());
  const values: Partial<Record<Valued, string>> = {};
  const words = new Set<string>();
  for (const clause of clauses.filter((one) => one !== '')) {
    const [, word = '', value = ''] = CLAUSE.exec(clause) ?? [];
    const valued = VALUED.find((one) => one === word);
    if (words.has(word) || (valued !== undefined && values[valued] !== undefined)) {
      throw policyInvalid(text, `${word} once`, 'it twice');
    }
    if (valued !== undefined && value !== '') {
      values[valued] = value;
    } else if (BARE.includes(word) && value === '') {
      words.add(word);
    } else {
      throw unknown(text, clause, word);
    }
  }
  const { older, ignore, ...patterns } = values;
  return {
    ranking,
    filters: { ...patterns, ignore: ignore === undefined ? undefined : list(ignore) },
    words,
    minAge: older === undefined ? undefined : parseMinAge(text, older),
  };
}

/** The parts of a line that narrow it down, as clauses. A semicolon of a pattern is written in another way. */
export function filterClauses({ filter, extract, allow, exclude, ignore }: FilterTexts): string {
  // No tag has a semicolon, and so none is left out by a glob with one.
  const globs = ignore?.filter((glob) => !glob.includes(';')) ?? [];
  const values = { filter, extract, allow, exclude, ignore: globs.length === 0 ? undefined : globs.join(', ') };
  return FILTERS.map((name) => (values[name] === undefined ? '' : `; ${name} ${escapeSemicolons(values[name])}`)).join(
    '',
  );
}

/** The same pattern without a semicolon, which ends a clause. */
export function escapeSemicolons(pattern: string): string {
  return pattern.replaceAll(/\\[\s\S]|;/g, (one) => (one.endsWith(';') ? String.raw`\x3b` : one));
}

function list(text: string): readonly string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

function unknown(text: string, clause: string, word: string): SluiceError {
  const known = [...VALUED, ...BARE];
  const hint = known.includes(word) ? '' : didYouMean(word, known);
  return policyInvalid(text, formOf(word) ?? known.join(', '), `${JSON.stringify(clause)}${hint}`);
}

/** How the clause of a word is written; undefined for a word of none. */
function formOf(word: string): string | undefined {
  if (word === 'older') {
    return MIN_AGE_FORM;
  }
  if (BARE.includes(word)) {
    return `${word} alone`;
  }
  return FILTERS.some((one) => one === word) ? `${word} and its value` : undefined;
}
