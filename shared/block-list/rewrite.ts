import { isMap, isSeq, type Node, parseDocument, stringify } from 'yaml';
import { SluiceError } from '../errors.ts';
import { AS_TEXT } from '../sluice-file/parse.ts';
import { BLOCK_LIST_FILE, type BlockList, parseBlockList } from './block-list.ts';
import type { BlockedVersion, RolledBackVersion } from './entry.ts';

/** What is to become of one list: the entries at these places go, and these come at its end. */
export interface ListChange {
  readonly without: readonly number[];
  readonly plus: readonly Entry[];
}

type Entry = BlockedVersion | RolledBackVersion;
type ListName = keyof BlockList;
type Lists = Readonly<Record<ListName, readonly Entry[]>>;
/** A list that is left out stays as it is. */
type ListChanges = Readonly<Partial<Record<ListName, ListChange>>>;

const UNCHANGED: ListChange = { without: [], plus: [] };
const LISTS: readonly ListName[] = ['blocked', 'allowed', 'rolledBack'];
const PLACE_KEYS = ['file', 'object', 'container', 'commit', 'set'] as const;
const KEYS = ['image', 'tag', 'digest', ...PLACE_KEYS, 'reason', 'since', 'until'] as const;

const HEADER = `# Versions of images that Sluice must not set (blocked), and those that it may set again after somebody
# went back from them (allowed). Written by \`sluice block\` and \`sluice allow\`, or by hand.
# Sluice itself writes down which version somebody went back from where, long ago (rolledBack).
`;

/**
 * Changes a block list's text where its entries stand and nowhere else: comments, order and spacing remain. A list in
 * brackets is written anew, line by line; and the whole file where its form is one that nobody would write.
 *
 * @param text undefined where there is no file yet
 * @throws SluiceError `manifest-invalid` where the list could not be read any more: then nothing would be updated
 */
export function rewrite(text: string | undefined, changes: ListChanges): string {
  const changeOf = (name: ListName) => changes[name] ?? UNCHANGED;
  if (LISTS.every((name) => changeOf(name).without.length === 0 && changeOf(name).plus.length === 0)) {
    return text ?? '';
  }
  const list = parseBlockList(text ?? '');
  const wanted: Lists = {
    blocked: entriesAfter(list.blocked, changeOf('blocked')),
    allowed: entriesAfter(list.allowed, changeOf('allowed')),
    rolledBack: entriesAfter(list.rolledBack, changeOf('rolledBack')),
  };
  const start = text === undefined || text.trim() === '' ? HEADER : text;
  const lineBreak = start.includes('\r\n') ? '\r\n' : '\n';
  const needsKeys = changeOf('allowed').plus.length > 0 || changeOf('rolledBack').plus.length > 0;
  const edited = LISTS.reduce(
    (before, name) => changeList(before, name, changeOf(name), wanted[name], lineBreak),
    needsKeys ? withKeys(start, lineBreak) : start,
  );
  const readable = [edited, writtenAnew(wanted)].find((one) => says(one, wanted));
  if (readable === undefined) {
    const expected = 'entries that a block list may have';
    throw new SluiceError({
      code: 'manifest-invalid',
      subject: BLOCK_LIST_FILE,
      expected,
      found: 'others to be added',
    });
  }
  return readable;
}

function entriesAfter(entries: readonly Entry[], { without, plus }: ListChange): readonly Entry[] {
  return [...entries.filter((_, index) => !without.includes(index)), ...plus];
}

/** A plain list becomes a mapping, in which its lines can stay as they are. */
function withKeys(text: string, lineBreak: string): string {
  const root = parseDocument(text, { ...AS_TEXT, uniqueKeys: false }).contents;
  if (!isSeq(root) || !root.range) {
    return text;
  }
  const at = root.flow ? root.range[0] : lineStart(text, root.range[0]);
  return `${text.slice(0, at)}blocked:${root.flow ? ' ' : lineBreak}${text.slice(at)}`;
}

function changeList(
  text: string,
  name: ListName,
  { without, plus }: ListChange,
  wanted: readonly Entry[],
  lineBreak: string,
): string {
  const lines = (entries: readonly Entry[], indent: string) => linesOf(entries, indent, lineBreak);
  if (without.length === 0 && plus.length === 0) {
    return text;
  }
  const node = listNode(text, name);
  if (!node?.range) {
    return `${ended(text, lineBreak)}${name}:${lineBreak}${lines(wanted, '  ')}`;
  }
  const items = isSeq<Node>(node) && !node.flow ? node.items : [];
  const first = items[0]?.range;
  const last = items.at(-1)?.range;
  if (!first || !last) {
    return listInstead(text, node.range, wanted.length === 0 ? '' : lines(wanted, '  '), lineBreak);
  }
  const indent = /^ */.exec(text.slice(lineStart(text, first[0])))?.[0] ?? '';
  const end = lineEnd(text, last[1]);
  const grown = `${ended(text.slice(0, end), lineBreak)}${lines(plus, indent)}${text.slice(end)}`;
  return without.toReversed().reduce((rest, index) => {
    const [from, to] = items[index]?.range ?? [0, 0];
    // The first comment of a list that is not indented may be the file's own.
    const start = index === 0 && indent === '' ? lineStart(rest, from) : commentStart(rest, from, indent);
    return `${rest.slice(0, start)}${rest.slice(lineEnd(rest, to))}`;
  }, grown);
}

/** Lines in the place of a list in brackets, or of nothing behind its key; a comment on that line stays there. */
function listInstead(text: string, [from, to]: readonly number[], lines: string, lineBreak: string): string {
  const end = lineEnd(text, to ?? 0);
  const before = text.slice(0, from).trimEnd();
  const behind = text.slice(to, end).trim();
  const kept = [before, ...(lines === '' ? ['[]'] : []), behind].filter((part) => part !== '').join(' ');
  return `${kept}${kept === '' ? '' : lineBreak}${lines}${text.slice(end)}`;
}

function listNode(text: string, name: ListName): Node | undefined {
  const root = parseDocument(text, { ...AS_TEXT, uniqueKeys: false }).contents;
  if (isMap<unknown, Node>(root)) {
    return root.get(name, true);
  }
  return isSeq(root) && name === 'blocked' ? root : undefined;
}

function linesOf(entries: readonly Entry[], indent: string, lineBreak: string): string {
  const plain = entries.map((entry) => {
    const values: Readonly<Record<string, unknown>> = { ...entry };
    return Object.fromEntries(KEYS.map((key) => [key, values[key]]));
  });
  // Texts that other readers would take for numbers are put in quotes.
  const text = plain.length === 0 ? '' : stringify(plain, { lineWidth: 0, keepUndefined: false });
  // Not `^`, which takes U+2028 for the end of a line; YAML does not.
  return text.replaceAll(/(?<=^|\n)(?=[^\n])/g, indent).replaceAll('\n', lineBreak);
}

function writtenAnew(lists: Lists): string {
  const texts = LISTS.map((name) => (lists[name].length === 0 ? '' : `${name}:\n${linesOf(lists[name], '  ', '\n')}`));
  return `${HEADER}${texts.join('')}`;
}

function says(text: string, wanted: Lists): boolean {
  const print = (list: Lists) => JSON.stringify(list, [...LISTS, ...KEYS]);
  try {
    return print(parseBlockList(text)) === print(wanted);
  } catch {
    return false;
  }
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Where the comment lines begin that stand right above an entry and are indented as it is. */
function commentStart(text: string, offset: number, indent: string): number {
  const start = lineStart(text, offset);
  const above = text.slice(lineStart(text, start - 1), start);
  return start > 0 && above.startsWith(`${indent}#`) ? commentStart(text, start - 1, indent) : start;
}

/** Behind the line break that ends what stops at `offset`; a block scalar stops there itself. */
function lineEnd(text: string, offset: number): number {
  const at = text[offset - 1] === '\n' ? offset : text.indexOf('\n', offset) + 1;
  return at === 0 ? text.length : at;
}

function ended(text: string, lineBreak: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}${lineBreak}`;
}
