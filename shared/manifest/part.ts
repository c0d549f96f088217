import { type Document, LineCounter } from 'yaml';
import { composeInSteps } from '../yaml/compose.ts';
import { MAX_DEPTH, MAX_TOKENS } from './limits.ts';

/** A stretch of a file from one `---` to the next, with the places that it gives to offsets of its own. */
export interface Part {
  readonly text: string;
  /** UTF-16 offset in the whole file. */
  readonly offsetAt: (offset: number) => number;
  /** Line in the whole file, from 1. */
  readonly lineAt: (offset: number) => number;
  /**
   * Parses it in small steps, undefined after each; more than one document where some end with `...`.
   *
   * @throws YamlError for one that holds more than it may
   */
  readonly documents: () => Iterable<Document | undefined>;
}

/** At the start of a line it begins a document, in quotes and blocks too. https://yaml.org/spec/1.2.2/#rule-c-forbidden */
const MARKER = /(?<=\n)(?=---(?:[ \t\r\n]|$))/;

/**
 * Splits a file before anything is parsed, as Kubernetes does: a document that is broken, by a quote that never ends
 * say, takes none of the next ones with it.
 */
export function partsOf(text: string): readonly Part[] {
  let offset = 0;
  let line = 0;
  return text.split(MARKER).map((part) => {
    const one = partAt(part, offset, line);
    offset += part.length;
    line += part.split('\n').length - 1;
    return one;
  });
}

function partAt(text: string, offsetBefore: number, linesBefore: number): Part {
  const lineCounter = new LineCounter();
  return {
    text,
    offsetAt: (offset) => offsetBefore + offset,
    lineAt: (offset) => linesBefore + lineCounter.linePos(offset).line,
    documents: () => composeInSteps(text, OPTIONS, lineCounter, LIMITS),
  };
}

const OPTIONS = { uniqueKeys: false, prettyErrors: false, logLevel: 'silent' } as const;
const LIMITS = { maxTokens: MAX_TOKENS, maxDepth: MAX_DEPTH };
