import { Composer, type Document, Lexer, type LineCounter, type ParseOptions, Parser } from 'yaml';
import { YamlError } from './value.ts';

/** How much a text may hold before anything is made of it. */
export interface TextLimits {
  /** Words, marks and spaces. */
  readonly maxTokens: number;
  /** Lists and maps within one another. */
  readonly maxDepth: number;
}

/** So many words and marks are read in a few milliseconds. */
const TOKENS_OF_A_STEP = 2000;

/**
 * The documents of a text, as `parseAllDocuments` of the package gives them. The limits count while the text is read,
 * before nodes are built of it and before any recursion goes into them.
 *
 * @param lines is told where lines begin
 * @throws YamlError for a text over a limit
 */
export function* composeWithin(
  text: string,
  options: ParseOptions,
  lines: LineCounter,
  limits: TextLimits,
): Generator<Document.Parsed> {
  for (const document of composeInSteps(text, options, lines, limits)) {
    if (document !== undefined) {
      yield document;
    }
  }
}

/** The same in small steps: undefined where others may have their turn before the text is read on. */
export function* composeInSteps(
  text: string,
  options: ParseOptions,
  lines: LineCounter,
  { maxTokens, maxDepth }: TextLimits,
): Generator<Document.Parsed | undefined> {
  const parser = new Parser(lines.addNewLine);
  const composer = new Composer({ ...options, lineCounter: lines });
  lines.addNewLine(0);
  let [tokens, offset] = [0, 0];
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      yield* composer.next(token);
    }
    tokens += 1;
    if (tokens % TOKENS_OF_A_STEP === 0) {
      yield undefined;
    }
    offset += lexeme.length;
    if (tokens > maxTokens) {
      throw new YamlError(`more than ${maxTokens} words and marks`, offset);
    }
    if (parser.stack.length > maxDepth) {
      throw new YamlError(`more than ${maxDepth} lists and maps within one another`, offset);
    }
  }
  for (const token of parser.end()) {
    yield* composer.next(token);
  }
  yield* composer.end();
}
