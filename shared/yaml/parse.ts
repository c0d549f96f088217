import { type Alias, Composer, type Document, LineCounter, type Node, Parser } from 'yaml';
import { findAnchors } from './anchors.ts';
import { LibyamlLexer } from './lexer.ts';
import { overLimit, YAML_LIMITS, type YamlLimits } from './limits.ts';
import { countNodes } from './size.ts';
import { findUnreadable, normalize } from './text.ts';
import { YamlError, type YamlFault } from './value.ts';

/** A document before its scalars have a meaning: all of them are text, as they are written. */
export interface ParsedDocument {
  /** Undefined where the document is empty. */
  readonly root: Node | undefined;
  /** With any of these there is no value. */
  readonly faults: readonly YamlFault[];
  /** All of the text, which offsets are of. */
  readonly text: string;
  /** Its own part of it, markers and comments included. */
  readonly source: string;
  /** The comment above it, without `#`. */
  readonly comment: string;
  /** What its aliases stand for. */
  readonly anchors: ReadonlyMap<Alias, Node>;
}

/** A text taken apart. */
export interface ParsedText {
  readonly documents: readonly ParsedDocument[];
  /** The line of an offset; the first is 1. */
  readonly lineAt: (offset: number) => number;
}

/** Scalars stay text here: `decode` says what they mean. Keys that stand twice are its matter too, in linear time. */
const OPTIONS = { schema: 'failsafe', resolveKnownTags: false, uniqueKeys: false, logLevel: 'silent' } as const;

/** Takes a text apart into documents. What is wrong with one of them is among its faults, and the others are read. */
export function parseYaml(text: string, limits: YamlLimits = YAML_LIMITS): ParsedText {
  const source = normalize(text);
  const lines = new LineCounter();
  const documents: ParsedDocument[] = [];
  try {
    checkText(source, limits);
    for (const document of compose(source, lines, limits)) {
      documents.push(document);
    }
  } catch (error) {
    if (!(error instanceof YamlError)) {
      throw error;
    }
    documents.push({ root: undefined, faults: [error], text: '', source: '', comment: '', anchors: new Map() });
    return { documents, lineAt: (offset) => source.slice(0, offset).split('\n').length };
  }
  return { documents, lineAt: (offset) => Math.max(1, lines.linePos(offset).line) };
}

function checkText(text: string, { maxLength }: YamlLimits): void {
  if (text.length > maxLength) {
    throw new YamlError(`expected at most ${maxLength} characters, found ${text.length}`, 0);
  }
  const fault = findUnreadable(text);
  if (fault !== undefined) {
    throw new YamlError(fault.reason, fault.offset);
  }
}

function* compose(text: string, lines: LineCounter, limits: YamlLimits): Generator<ParsedDocument> {
  const parser = new Parser(lines.addNewLine);
  const composer = new Composer(OPTIONS);
  let [nodes, count] = [0, 0];
  const documentsOf = function* (tokens: ReturnType<Parser['next']>) {
    for (const token of tokens) {
      nodes = countNodes(token, nodes, limits);
      yield* composer.next(token);
    }
  };
  const all = function* () {
    lines.addNewLine(0);
    for (const lexeme of new LibyamlLexer().lex(text)) {
      yield* documentsOf(parser.next(lexeme));
    }
    yield* documentsOf(parser.end());
    yield* composer.end();
  };
  for (const document of all()) {
    count += 1;
    if (count > limits.maxDocuments) {
      throw new YamlError(overLimit(limits, 'maxDocuments', 'documents'), document.range[0]);
    }
    yield parsed(document, text);
  }
}

function parsed(document: Document.Parsed, text: string): ParsedDocument {
  const { contents, errors, range, commentBefore } = document;
  return {
    root: contents ?? undefined,
    faults: errors.map(({ message, pos }) => ({ reason: message, offset: pos[0] })),
    text,
    source: text.slice(range[0], range[2]),
    comment: commentBefore ?? contents?.commentBefore ?? '',
    anchors: contents === null ? new Map() : findAnchors(contents),
  };
}
