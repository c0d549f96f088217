import { createHash } from 'node:crypto';

/** What Git keeps. */
export type ObjectKind = 'commit' | 'tree' | 'blob' | 'tag';

/** An object of a repository, as Git hashes it. */
export interface GitObject {
  readonly kind: ObjectKind;
  readonly content: Buffer;
}

/** A line of a tree. Names are bytes, kept one to a character (latin1), since nobody promises that they are UTF-8. */
export interface TreeLine {
  /** `100644`, `100755`, `120000` for a link, `160000` for a submodule, `40000` for a folder. */
  readonly mode: string;
  readonly name: string;
  readonly id: string;
}

/** The parts of a commit that are needed here. */
export interface CommitParts {
  readonly tree: string;
  readonly parents: readonly string[];
  /** When it was committed, in seconds since the epoch. */
  readonly seconds: number;
  readonly message: string;
}

export const FOLDER = '40000';
const ID_BYTES = 20;

/** The hash that names an object. */
export function objectId({ kind, content }: GitObject): string {
  return createHash('sha1').update(`${kind} ${content.length}\0`).update(content).digest('hex');
}

/** The lines of a tree, in its order. */
export function readTree(content: Buffer): readonly TreeLine[] {
  const lines: TreeLine[] = [];
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const end = content.indexOf(0, space);
    if (space < 0 || end < 0 || end + ID_BYTES >= content.length) {
      throw new Error('a tree that is cut short');
    }
    const next = end + 1 + ID_BYTES;
    lines.push({
      mode: content.toString('latin1', at, space),
      name: content.toString('latin1', space + 1, end),
      id: content.toString('hex', end + 1, next),
    });
    at = next;
  }
  return lines;
}

/** Git sorts a folder as if its name ended with a slash. */
export function writeTree(lines: readonly TreeLine[]): GitObject {
  const key = ({ mode, name }: TreeLine) => Buffer.from(mode === FOLDER ? `${name}/` : name, 'latin1');
  const sorted = lines.toSorted((a, b) => Buffer.compare(key(a), key(b)));
  const parts = sorted.flatMap(({ mode, name, id }) => [
    Buffer.from(`${mode} ${name}\0`, 'latin1'),
    Buffer.from(id, 'hex'),
  ]);
  return { kind: 'tree', content: Buffer.concat(parts) };
}

/** @see https://git-scm.com/book/en/v2/Git-Internals-Git-Objects#_git_commit_objects */
export function readCommit(content: Buffer): CommitParts {
  const text = content.toString('utf8');
  const end = text.indexOf('\n\n');
  const head = end < 0 ? text : text.slice(0, end);
  return {
    tree: /^tree ([0-9a-f]{40})$/m.exec(head)?.[1] ?? '',
    parents: [...head.matchAll(/^parent ([0-9a-f]{40})$/gm)].map(([, id = '']) => id),
    seconds: Number(/^committer .*> (\d+) /m.exec(head)?.[1] ?? 0),
    message: end < 0 ? '' : text.slice(end + 2),
  };
}

/** A name as a tree keeps it. */
export function toTreeName(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Undefined for what is not UTF-8. */
export function fromTreeName(name: string): string | undefined {
  const text = Buffer.from(name, 'latin1').toString('utf8');
  return text.includes('\uFFFD') ? undefined : text;
}
