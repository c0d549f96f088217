import { BLOCK_LIST_FILE } from '../block-list/block-list.ts';
import type { GitHost } from '../git-host/port.ts';

interface NamedText {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

/** The block list's text among files that were read of one revision, and all others, in their order. */
export function separateBlockList<F extends NamedText>(
  files: readonly F[],
): { readonly list: string | undefined; readonly others: readonly F[] } {
  const isList = ({ path }: NamedText) => path === BLOCK_LIST_FILE;
  return { list: files.find(isList)?.text, others: files.filter((file) => !isList(file)) };
}

/** The text of the block list at a revision; undefined where there is none. */
export async function blockListAt(revision: string, host: Pick<GitHost, 'files'>): Promise<string | undefined> {
  return separateBlockList(await host.files(revision, [BLOCK_LIST_FILE])).list;
}
