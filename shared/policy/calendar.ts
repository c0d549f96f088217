import { policyInvalid } from './policy-invalid.ts';
import { type Rank, wholeNumber } from './rank.ts';
import type { Scheme } from './scheme.ts';

/** Digits of a part, and what it may be at most. */
interface Part {
  readonly digits: number;
  readonly least: number;
  readonly most: number;
}

const YEAR: Part = { digits: 4, least: 1970, most: 9999 };
const SHORT_YEAR: Part = { digits: 2, least: 0, most: 99 };
const MONTH: Part = { digits: 2, least: 1, most: 12 };
const WEEK: Part = { digits: 2, least: 1, most: 53 };
const DAY: Part = { digits: 2, least: 1, most: 31 };
/** A counter; more digits are a timestamp, which ranks as well. */
const NUMBER: Part = { digits: 18, least: 0, most: Number.POSITIVE_INFINITY };

/** The words of https://calver.org, and `n` for a counter. */
const PARTS: Readonly<Record<string, Part>> = {
  YYYY: YEAR,
  '0Y': SHORT_YEAR,
  YY: SHORT_YEAR,
  '0M': MONTH,
  MM: MONTH,
  '0W': WEEK,
  WW: WEEK,
  '0D': DAY,
  DD: DAY,
  hh: { digits: 2, least: 0, most: 23 },
  mm: { digits: 2, least: 0, most: 59 },
  ss: { digits: 2, least: 0, most: 59 },
  MICRO: NUMBER,
  MINOR: NUMBER,
  n: NUMBER,
};
/** A part, or one character. Small letters are parts where they are not within a word. */
const TOKEN =
  /(?<part>YYYY|YY|0Y|MM|0M|WW|0W|DD|0D|MICRO|MINOR|(?<=^|[^a-z]|hh|mm)(?:hh|mm|ss|n)(?=$|[^a-z]|mm|ss))|./gs;
/** What a format may have between its parts. */
const TEXT = /^[\w.+-]$/;
/** So that few of the ways to read a text have to be tried. */
const MOST_PARTS = 12;
const MOST_BRACKETS = 4;

/**
 * Calendar versions by their parts, the latest first: `calver:YYYY.MM.DD-n` takes `2026.11.30-2` and ranks
 * `2026.11.30-10` above it. What stands in brackets may be missing, and counts as less than any: `YYYY.0M[.MICRO]`.
 *
 * `MM`, `DD` and the like may have one digit or two; where no text parts them from what is beside them, two.
 *
 * @throws SluiceError `policy-invalid` for a format without a year, or with brackets that do not pair
 */
export function calendar(policy: string, format: string): Scheme {
  const { pattern, parts } = compile(policy, format);
  const rank = (text: string) => rankOf(text, pattern, parts);
  return {
    needsCreated: false,
    isLinear: true,
    accept: (texts) => texts.filter((text) => rank(text) !== undefined),
    noteOn: () => 'it is no date of this form',
    recognises: (text) => rank(text) !== undefined,
    rank,
  };
}

function compile(policy: string, format: string): { readonly pattern: RegExp; readonly parts: readonly Part[] } {
  const tokens = [...format.trim().matchAll(TOKEN)].map(toToken);
  const parts = tokens.flatMap(({ part }) => part ?? []);
  const isReadable =
    parts.length <= MOST_PARTS &&
    parts.some((part) => part === YEAR || part === SHORT_YEAR) &&
    tokens.every(({ part, text }) => part !== undefined || BRACKET.test(text) || TEXT.test(text)) &&
    arePaired(tokens) &&
    !haveNeighbours(tokens);
  if (!isReadable) {
    throw policyInvalid(policy, 'a form of dates like YYYY.MM.DD-n, YYYY0M0D or YY.MM[.MICRO]', JSON.stringify(format));
  }
  const source = tokens.map((token, at) => sourceOf(token, tokens[at - 1], tokens[at + 1]));
  return { pattern: new RegExp(`^${source.join('')}$`), parts };
}

/** A part of a format, or one character of text. */
interface Token {
  readonly text: string;
  readonly part: Part | undefined;
}

function toToken({ 0: text, groups }: RegExpExecArray): Token {
  return { text, part: PARTS[groups?.['part'] ?? ''] };
}

const BRACKET = /^[[\]]$/;
/** Two counters with digits alone between them: nobody could tell where the second one begins. */
const NEIGHBOURS = /#\d*#/;

/** Could two counters touch, also where what stands in brackets is missing? */
function haveNeighbours(tokens: readonly Token[]): boolean {
  const shape = tokens.map(({ part, text }) => (part === undefined ? text : shapeOf(part))).join('');
  return expansionsOf(shape).some((one) => NEIGHBOURS.test(one));
}

function shapeOf(part: Part): string {
  return part === NUMBER ? '#' : '0';
}

/** The shapes of all texts with and without what stands in brackets; there are few of them. */
function expansionsOf(shape: string): readonly string[] {
  const [whole, inner = ''] = /\[([^\]]*)\]/.exec(shape) ?? [];
  return whole === undefined ? [shape] : ['', inner].flatMap((one) => expansionsOf(shape.replace(whole, one)));
}

function arePaired(tokens: readonly Token[]): boolean {
  const brackets = tokens.map(({ text }) => (BRACKET.test(text) ? text : '')).join('');
  return brackets.length <= 2 * MOST_BRACKETS && /^(?:\[\])*$/.test(brackets);
}

function sourceOf({ text, part }: Token, before: Token | undefined, after: Token | undefined): string {
  if (part === undefined) {
    return TEXT_SOURCES[text] ?? text;
  }
  if (part === NUMBER) {
    return String.raw`(\d{1,18})`;
  }
  const isAlone = before?.part === undefined && after?.part === undefined;
  const isPadded = part === YEAR || text.startsWith('0') || !isAlone;
  return isPadded ? String.raw`(\d{${part.digits}})` : String.raw`(\d{1,${part.digits}})`;
}

const TEXT_SOURCES: Readonly<Record<string, string>> = {
  '[': '(?:',
  ']': ')?',
  '.': String.raw`\.`,
  '+': String.raw`\+`,
};

function rankOf(text: string, pattern: RegExp, parts: readonly Part[]): Rank | undefined {
  const [, ...found] = pattern.exec(text) ?? [];
  // What is missing is below 0.
  const numbers = found.map((digits: string | undefined) => (digits === undefined ? MISSING : wholeNumber(digits)));
  const isDate = parts.every(({ least, most }, at) => {
    const number = numbers[at];
    return number !== undefined && (number === MISSING || (number >= least && number <= most));
  });
  return isDate ? numbers : undefined;
}

const MISSING = -1;
