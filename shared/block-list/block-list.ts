import { Document, isNode, isScalar, LineCounter, visit, YAMLParseError } from 'yaml';
import * as z from 'zod';
import { messageOf, SluiceError } from '../errors.ts';
import { readMoment } from '../moment.ts';
import { composeWithin } from '../yaml/compose.ts';
import { YamlError } from '../yaml/value.ts';
import {
  type AllowedVersion,
  allowedSchema,
  type BlockedVersion,
  blockedSchema,
  isSameVersion,
  type RolledBackVersion,
  rolledBackSchema,
  type Version,
} from './entry.ts';

/** Where a repository keeps what people have said of versions. */
export const BLOCK_LIST_FILE = '.sluice/blocked.yml';

/** What people have said of versions: not this one, this one again, and not this one at that place. */
export interface BlockList {
  readonly blocked: readonly BlockedVersion[];
  readonly allowed: readonly AllowedVersion[];
  readonly rolledBack: readonly RolledBackVersion[];
}

/** What a text of a past revision says, or undefined where it cannot be read: then it may say anything. */
export function legibleBlockList(text: string | undefined): BlockList | undefined {
  try {
    return parseBlockList(text ?? '');
  } catch {
    return undefined;
  }
}

/** A block list that stands there and is not to be read as text, and why: `larger than 1 MiB`. */
export interface UnreadableList {
  readonly unreadable: string;
}

/** The error for it, as {@link parseBlockList} throws one for a text. */
export function unreadableList({ unreadable: found }: UnreadableList): SluiceError {
  return new SluiceError({ code: 'manifest-invalid', subject: BLOCK_LIST_FILE, expected: 'a file in UTF-8', found });
}

/** In characters: some 4,000 entries. */
export const MAX_LENGTH = 256 * 1024;
const LIMITS = { maxTokens: 200_000, maxDepth: 20 };
/** Told one by one, each by so many characters. */
const MAX_FAULTS = 20;
const MAX_SHOWN = 300;

/** With no types but text, `tag: 1.10` is what it says. https://yaml.org/spec/1.2.2/#101-failsafe-schema */
export const AS_TEXT = { schema: 'failsafe', logLevel: 'silent' } as const;

/** `blocked:` with nothing below is what remains when a person takes the last entry out. */
const listOf = <T extends z.ZodType>(entry: T) =>
  z.preprocess((value) => (value === '' ? [] : value), z.array(entry, 'expected a list')).default([]);
const schema = z.strictObject(
  { blocked: listOf(blockedSchema), allowed: listOf(allowedSchema), rolledBack: listOf(rolledBackSchema) },
  { error: 'expected a mapping of blocked, allowed and rolledBack, or a list' },
);

/**
 * Reads a block list: a mapping of `blocked`, `allowed` and `rolledBack`, or a plain list of what is blocked.
 *
 * @throws SluiceError `manifest-invalid` with every fault at once, each with its line
 */
export function parseBlockList(text: string): BlockList {
  const lineCounter = new LineCounter();
  const lineAt = (offset: number) => Math.max(1, lineCounter.linePos(offset).line);
  const document = readDocument(text, lineCounter, lineAt);
  const errors = document.errors.concat(twiceIn(document));
  if (errors.length > 0) {
    throw invalid(errors.map(({ pos, message }) => `line ${lineAt(pos[0])}: expected YAML, found: ${message}`));
  }
  const value = contentOf(document);
  const isPlain = Array.isArray(value);
  const parsed = schema.safeParse(isPlain ? { blocked: value } : value);
  if (!parsed.success) {
    const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue, issue.path.slice(isPlain ? 1 : 0)));
    const lines = faults
      .slice(0, MAX_FAULTS)
      .map(({ path, message }) => ({ line: lineAt(offsetOf(document, path)), message }));
    const told = lines.sort((a, b) => a.line - b.line).map(({ line, message }) => `line ${line}: ${message}`);
    throw invalid(told, faults.length - told.length);
  }
  return parsed.data;
}

/**
 * Why a version is blocked now, as a sentence for people; undefined where it is not.
 *
 * @param now milliseconds since the epoch
 */
export function blockedBy({ blocked }: BlockList, candidate: Version, now: number): string | undefined {
  const found = blocked.find((entry) => isMeant(entry, candidate) && isInForce(entry, now));
  if (found === undefined) {
    return undefined;
  }
  const { since, until, reason = '' } = found;
  const times = `${since === undefined ? '' : ` since ${since}`}${until === undefined ? '' : ` until ${until}`}`;
  const why = reason.replaceAll(/\s+/g, ' ').trim();
  return `blocked in ${BLOCK_LIST_FILE}${times}${why === '' ? '' : `: ${why}`}`;
}

/** The entries by which people have allowed this version again. What is blocked stays blocked all the same. */
export function allowedBy({ allowed }: BlockList, candidate: Version): readonly AllowedVersion[] {
  return allowed.filter((one) => isSameVersion(one, candidate));
}

/** An entry without tag and digest means every version of its image. */
function isMeant(entry: BlockedVersion, candidate: Version): boolean {
  const isWhole = entry.tag === undefined && entry.digest === undefined;
  return isWhole ? entry.image === candidate.image : isSameVersion(entry, candidate);
}

function isInForce({ since, until }: BlockedVersion, now: number): boolean {
  const first = since === undefined ? undefined : readMoment(since)?.first;
  const last = until === undefined ? undefined : readMoment(until)?.last;
  return (first ?? now) <= now && now <= (last ?? now);
}

/** @throws SluiceError `manifest-invalid` for a text that holds more than it may */
function readDocument(text: string, lines: LineCounter, lineAt: (offset: number) => number): Document {
  if (text.length > MAX_LENGTH) {
    throw invalid([`expected at most ${MAX_LENGTH} characters, found ${text.length}`]);
  }
  try {
    const [first, second] = composeWithin(text, { ...AS_TEXT, uniqueKeys: false, prettyErrors: false }, lines, LIMITS);
    if (second !== undefined) {
      throw invalid([`line ${lineAt(second.range[0])}: expected one YAML document, found another`]);
    }
    return first ?? new Document();
  } catch (error) {
    throw error instanceof YamlError ? invalid([`line ${lineAt(error.offset)}: found ${error.reason}`]) : error;
  }
}

/** Keys that stand twice in one map. The package looks at each pair of them, which takes its time. */
function twiceIn(document: Document): readonly YAMLParseError[] {
  const found: YAMLParseError[] = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (isScalar(key) && seen.has(key.value)) {
          const [start, end] = key.range ?? [0, 0];
          found.push(new YAMLParseError([start, end], 'DUPLICATE_KEY', 'Map keys must be unique'));
        }
        seen.add(isScalar(key) ? key.value : key);
      }
    },
  });
  return found;
}

/** Aliases that lead nowhere, or to too much, are found only here. */
function contentOf(document: Document): unknown {
  try {
    return document.toJS() ?? {};
  } catch (cause) {
    throw invalid([`expected YAML, found: ${messageOf(cause)}`]);
  }
}

type Path = readonly PropertyKey[];

function faultsOf(issue: z.core.$ZodIssue, path: Path): readonly { readonly path: Path; readonly message: string }[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: `expected no key ${JSON.stringify(key)}` }));
  }
  const key = path.findLast((part) => typeof part === 'string');
  return [{ path, message: key === undefined ? issue.message : `${key}: ${issue.message}` }];
}

/** Where it stands, or what it is missing from. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) {
      return node.range[0];
    }
  }
  return document.contents?.range?.[0] ?? 0;
}

function invalid(faults: readonly string[], notTold = 0): SluiceError {
  const told = faults.slice(0, MAX_FAULTS);
  const more = faults.length - told.length + notTold;
  return new SluiceError({
    code: 'manifest-invalid',
    subject: BLOCK_LIST_FILE,
    found: [...told.map((fault) => fault.slice(0, MAX_SHOWN)), ...(more > 0 ? [`${more} more`] : [])].join('; '),
    next: 'Mend it by hand.',
  });
}
