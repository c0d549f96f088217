import { type Document, isAlias, isCollection, isNode, LineCounter, parseAllDocuments, visit } from 'yaml';
import { messageOf } from '../../../shared/errors.ts';

/** A document that every reader of YAML reads alike. */
export interface StrictDocument {
  /** Aliases are resolved; `<<` is a key like any other. */
  readonly value: unknown;
  /** The line of what is at this path, from 1; of what is around it where an alias stands for it. */
  readonly lineOf: (at: readonly (string | number)[]) => number;
}

/** Why a text is no such thing, and where. */
export interface YamlFault {
  readonly line: number;
  readonly reason: string;
}

/** What some readers take for the end of a line and others do not, and what none should meet: YAML 1.1, 1.2, 5.1. */
const ODD_CHARACTER = /(?![\t\n\r])[\p{Cc}\u2028\u2029\ufeff]|\r(?!\n)/u;
const LINE = /\n/g;

/**
 * Reads text that another program will act on, so that both understand the same. What readers differ in is a fault:
 * bytes that are not UTF-8, odd line ends, tags, keys that come twice.
 */
export function readStrictly(bytes: Buffer): {
  readonly documents: readonly StrictDocument[];
  readonly faults: readonly YamlFault[];
} {
  const text = decoded(bytes);
  if (text === undefined) {
    return { documents: [], faults: [{ line: 1, reason: 'it is not UTF-8' }] };
  }
  const odd = ODD_CHARACTER.exec(text);
  if (odd !== null) {
    const line = 1 + (text.slice(0, odd.index).match(LINE)?.length ?? 0);
    const code = odd[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    return { documents: [], faults: [{ line, reason: `character U+${code} is not expected here` }] };
  }
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, merge: false, logLevel: 'silent' });
  const documents: StrictDocument[] = [];
  const faults: YamlFault[] = [];
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const found = faultsOf(document, lines);
    faults.push(...found);
    if (found.length === 0) {
      documents.push(...readValue(document, lines, faults));
    }
  }
  return { documents, faults };
}

function decoded(bytes: Buffer): string | undefined {
  try {
    // A byte order mark at the start is dropped.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function faultsOf(document: Document, lines: LineCounter): readonly YamlFault[] {
  const faults = document.errors.map(({ pos, message }) => ({
    line: lines.linePos(pos[0]).line,
    reason: message.split('\n', 1)[0] ?? '',
  }));
  visit(document, {
    Node(_, node) {
      if (!isAlias(node) && node.tag !== undefined) {
        const line = lines.linePos(node.range?.[0] ?? 0).line;
        faults.push({ line, reason: `tag ${node.tag} is not expected here` });
      }
    },
  });
  return faults;
}

function readValue(document: Document, lines: LineCounter, faults: YamlFault[]): readonly StrictDocument[] {
  try {
    return [{ value: document.toJS(), lineOf: (at) => lines.linePos(offsetOf(document, at)).line }];
  } catch (error) {
    faults.push({ line: lines.linePos(offsetOf(document, [])).line, reason: messageOf(error) });
    return [];
  }
}

function offsetOf({ contents }: Document, at: readonly (string | number)[]): number {
  let node: unknown = contents;
  let offset = isNode(contents) ? (contents.range?.[0] ?? 0) : 0;
  for (const step of at) {
    node = isCollection(node) ? node.get(step, true) : undefined;
    offset = isNode(node) ? (node.range?.[0] ?? offset) : offset;
  }
  return offset;
}
