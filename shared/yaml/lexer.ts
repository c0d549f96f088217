import { Lexer } from 'yaml';

/**
 * What `Lexer` of yaml has and its types call private: there is no setting for the indentation that it asks for. The
 * package is pinned to one version, and the tests hold what is built on this.
 */
interface LexerInside {
  /** Columns that the next line needs to belong to what the lexer is at. */
  indentNext: number;
  /** Blank lines at the end of a block scalar belong to its token. */
  blockScalarKeep: boolean;
  /** Brackets and braces around. */
  flowLevel: number;
  charAt(at: number): string | undefined;
  lex(source: string): Generator<string, void>;
  pushIndicators(): Generator<string, number>;
  parseBlockScalarHeader(): Generator<string, number>;
  parseQuotedScalar(): Generator<string, unknown>;
  parseFlowCollection(): Generator<string, unknown>;
}

const OpenLexer = Lexer as unknown as new () => LexerInside;

/** A lexer that takes what libyaml takes, and with it Go's YAML: no indentation within quotes, brackets and braces. */
export class LibyamlLexer extends OpenLexer {
  override *parseQuotedScalar(): Generator<string, unknown> {
    return yield* this.#unindented(super.parseQuotedScalar());
  }

  override *parseFlowCollection(): Generator<string, unknown> {
    return yield* this.#unindented(super.parseFlowCollection());
  }

  /**
   * Leaves the end of a block scalar to the composer, which knows where an indentation indicator puts it; the lexer
   * would drop a last line of spaces that is deeper than that.
   */
  override *parseBlockScalarHeader(): Generator<string, number> {
    const length = yield* super.parseBlockScalarHeader();
    this.blockScalarKeep = true;
    return length;
  }

  /** Takes the last of `[apply, -f, -]` for text. */
  override *pushIndicators(): Generator<string, number> {
    const isText = this.flowLevel > 0 && this.charAt(0) === '-' && /^[,\]}]$/.test(this.charAt(1) ?? '');
    return isText ? 0 : yield* super.pushIndicators();
  }

  *#unindented(lexemes: Generator<string, unknown>): Generator<string, unknown> {
    const { indentNext } = this;
    this.indentNext = 0;
    const next = yield* lexemes;
    this.indentNext = indentNext;
    return next;
  }
}
