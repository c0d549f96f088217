import type { GitObject, ObjectReader } from './git-objects.ts';

/** An entry of a tree as it is stored: `MODE NAME\0` and 20 bytes of the id. */
interface TreeEntry {
  readonly mode: string;
  readonly id: string;
}

const ID_BYTES = 20;
const TYPES: Readonly<Record<string, string>> = { '40000': 'tree', '160000': 'commit' };

/**
 * What `git ls-tree -z COMMIT -- PATH` writes of a path; undefined where git has to be asked.
 *
 * @param withSize as `-l` does
 */
export async function listPath(
  objects: ObjectReader,
  commit: string,
  path: string,
  withSize: boolean,
): Promise<string | undefined> {
  let entry: TreeEntry | undefined = { mode: '40000', id: commit };
  for (const name of path.split('/')) {
    const tree = await treeOf(objects, entry.id);
    if (tree === undefined || name === '') {
      return undefined;
    }
    entry = entryOf(tree.content, Buffer.from(name));
    if (entry === undefined) {
      return '';
    }
  }
  const type = TYPES[entry.mode] ?? 'blob';
  const size = type === 'blob' ? (await objects.read(entry.id))?.content.length : '-';
  const sized = withSize ? ` ${String(size).padStart(7)}` : '';
  return size === undefined ? undefined : `${entry.mode.padStart(6, '0')} ${type} ${entry.id}${sized}\t${path}\0`;
}

/** Of a tree, or of a commit. */
async function treeOf(objects: ObjectReader, id: string): Promise<GitObject | undefined> {
  const object = await objects.read(id);
  if (object?.type !== 'commit') {
    return object?.type === 'tree' ? object : undefined;
  }
  return objects.read(object.content.toString('latin1', 'tree '.length, 'tree '.length + 2 * ID_BYTES));
}

function entryOf(tree: Buffer, name: Buffer): TreeEntry | undefined {
  for (let at = 0; at < tree.length; ) {
    const space = tree.indexOf(' ', at);
    const end = tree.indexOf(0, space);
    const next = end + 1 + ID_BYTES;
    if (tree.subarray(space + 1, end).equals(name)) {
      return { mode: tree.toString('latin1', at, space), id: tree.toString('hex', end + 1, next) };
    }
    at = next;
  }
  return undefined;
}
