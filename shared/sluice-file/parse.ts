import { Document, isNode, isScalar, LineCounter, visit, YAMLParseError } from 'yaml';
import { messageOf, SluiceError } from '../errors.ts';
import * as z from '../schema.ts';
import { composeWithin } from '../yaml/compose.ts';
import { YamlError } from '../yaml/value.ts';

/** A file below `.sluice`, in which people say what every function heeds. */
export interface SluiceFile<T> {
  /** From the repository's root. */
  readonly path: string;
  readonly schema: z.ZodMiniType<T>;
  /** The key that a file without keys, which is a plain list, stands for. */
  readonly list: string;
}

/** A file that stands there and is not to be read as text, and why: `larger than 1 MiB`. */
export interface UnreadableFile {
  readonly unreadable: string;
}

/** The error for it, as {@link parseSluiceFile} throws one for a text. */
export function unreadableFile(subject: string, { unreadable: found }: UnreadableFile): SluiceError {
  return new SluiceError({ code: 'manifest-invalid', subject, expected: 'a file in UTF-8', found });
}

/** In characters: some 4,000 entries. */
export const MAX_LENGTH = 256 * 1024;
const LIMITS = { maxTokens: 200_000, maxDepth: 20 };
/** Told one by one, each by so many characters. */
const MAX_FAULTS = 20;
const MAX_SHOWN = 300;

/** With no types but text, `tag: 1.10` is what it says. https://yaml.org/spec/1.2.2/#101-failsafe-schema */
export const AS_TEXT = { schema: 'failsafe', logLevel: 'silent' } as const;

/** A list that may be left out; `blocked:` with nothing below is what remains when a person takes the last entry out. */
export const listOf = <T extends z.ZodMiniType>(entry: T) =>
  z._default(
    z.pipe(
      z.transform((value: unknown) => (value === '' ? [] : value)),
      z.array(entry, 'expected a list'),
    ),
    [],
  );

/**
 * Reads the text of a file.
 *
 * @throws SluiceError `manifest-invalid` with every fault at once, each with its line
 */
export function parseSluiceFile<T>(text: string, { path: file, schema, list }: SluiceFile<T>): T {
  const lineCounter = new LineCounter();
  const lineAt = (offset: number) => Math.max(1, lineCounter.linePos(offset).line);
  const document = readDocument(text, file, lineCounter, lineAt);
  const errors = document.errors.concat(twiceIn(document));
  if (errors.length > 0) {
    throw invalid(
      file,
      errors.map(({ pos, message }) => `line ${lineAt(pos[0])}: expected YAML, found: ${message}`),
    );
  }
  const value = contentOf(document, file);
  const isPlain = Array.isArray(value);
  const parsed = schema.safeParse(isPlain ? { [list]: value } : value);
  if (!parsed.success) {
    const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue, issue.path.slice(isPlain ? 1 : 0)));
    const lines = faults
      .slice(0, MAX_FAULTS)
      .map(({ path, message }) => ({ line: lineAt(offsetOf(document, path)), message }));
    const told = lines.sort((a, b) => a.line - b.line).map(({ line, message }) => `line ${line}: ${message}`);
    throw invalid(file, told, faults.length - told.length);
  }
  return parsed.data;
}

/** @throws SluiceError `manifest-invalid` for a text that holds more than it may */
function readDocument(text: string, file: string, lines: LineCounter, lineAt: (offset: number) => number): Document {
  if (text.length > MAX_LENGTH) {
    throw invalid(file, [`expected at most ${MAX_LENGTH} characters, found ${text.length}`]);
  }
  try {
    const [first, second] = composeWithin(text, { ...AS_TEXT, uniqueKeys: false, prettyErrors: false }, lines, LIMITS);
    if (second !== undefined) {
      throw invalid(file, [`line ${lineAt(second.range[0])}: expected one YAML document, found another`]);
    }
    return first ?? new Document();
  } catch (error) {
    throw error instanceof YamlError ? invalid(file, [`line ${lineAt(error.offset)}: found ${error.reason}`]) : error;
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
function contentOf(document: Document, file: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch (cause) {
    throw invalid(file, [`expected YAML, found: ${messageOf(cause)}`]);
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

function invalid(subject: string, faults: readonly string[], notTold = 0): SluiceError {
  const told = faults.slice(0, MAX_FAULTS);
  const more = faults.length - told.length + notTold;
  return new SluiceError({
    code: 'manifest-invalid',
    subject,
    found: [...told.map((fault) => fault.slice(0, MAX_SHOWN)), ...(more > 0 ? [`${more} more`] : [])].join('; '),
    next: 'Mend it by hand.',
  });
}
