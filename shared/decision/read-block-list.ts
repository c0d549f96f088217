import { BLOCK_LIST_FILE } from '../block-list/block-list.ts';
import type { GitHost, RepositoryFile } from '../git-host/port.ts';
import { type UnreadableFile, unreadableFile } from '../sluice-file/parse.ts';

interface NamedText {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

/** A file that is there and was not read, and why. */
export interface NotRead {
  /** From the repository's root. */
  readonly file: string;
  readonly reason: string;
}

/**
 * The block list's text among files that were read of one revision, and all others, in their order.
 *
 * @param passedOver those that were not read: a list among them is no list that is not there
 */
export function separateBlockList<F extends NamedText>(
  files: readonly F[],
  passedOver: readonly NotRead[],
): { readonly list: string | UnreadableFile | undefined; readonly others: readonly F[] } {
  const isList = ({ path }: NamedText) => path === BLOCK_LIST_FILE;
  const unread = passedOver.find(({ file }) => file === BLOCK_LIST_FILE);
  return {
    list: unread === undefined ? files.find(isList)?.text : { unreadable: unread.reason },
    others: files.filter((file) => !isList(file)),
  };
}

/** The files at or below these paths at a revision, the block list among them told from the others, and those not read. */
export async function filesWithBlockList(
  revision: string,
  paths: readonly string[],
  host: Pick<GitHost, 'files'>,
): Promise<ReturnType<typeof separateBlockList<RepositoryFile>> & { readonly passedOver: readonly NotRead[] }> {
  const passedOver: NotRead[] = [];
  const files = await host.files(revision, [...new Set([...paths, BLOCK_LIST_FILE])], (file, reason) =>
    passedOver.push({ file, reason }),
  );
  return { ...separateBlockList(files, passedOver), passedOver };
}

/**
 * The text of the block list at a revision; undefined where there is none.
 *
 * @throws SluiceError `manifest-invalid` where it is not to be read as text: whoever wrote it anew would lose it
 */
export async function blockListAt(revision: string, host: Pick<GitHost, 'files'>): Promise<string | undefined> {
  const { list } = await filesWithBlockList(revision, [], host);
  if (typeof list === 'object') {
    throw unreadableFile(BLOCK_LIST_FILE, list);
  }
  return list;
}
