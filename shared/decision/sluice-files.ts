import { BLOCK_LIST_FILE } from '../block-list/block-list.ts';
import type { GitHost, RepositoryFile } from '../git-host/port.ts';
import { FREEZE_FILE } from '../hold/freeze-file.ts';
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

/** The text of a file below `.sluice`, or why it has none; undefined where there is no such file. */
type SluiceFileText = string | UnreadableFile | undefined;

/** What people say beside the manifests, at one revision. */
export interface SluiceFiles {
  /** Of `.sluice/blocked.yml`. */
  readonly blockList: SluiceFileText;
  /** Of `.sluice/freeze.yml`. */
  readonly freezeFile: SluiceFileText;
}

interface Separated<F> extends SluiceFiles {
  /** All that are no files of Sluice, in their order. */
  readonly others: readonly F[];
}

/** Read with all others. */
export const SLUICE_FILES: readonly string[] = [BLOCK_LIST_FILE, FREEZE_FILE];

/**
 * The files of Sluice among files that were read of one revision, and all others.
 *
 * @param passedOver those that were not read: one of Sluice among them is no file that is not there
 */
export function separateSluiceFiles<F extends NamedText>(
  files: readonly F[],
  passedOver: readonly NotRead[],
): Separated<F> {
  const textOf = (wanted: string) => {
    const unread = passedOver.find(({ file }) => file === wanted);
    return unread === undefined ? files.find(({ path }) => path === wanted)?.text : { unreadable: unread.reason };
  };
  return {
    blockList: textOf(BLOCK_LIST_FILE),
    freezeFile: textOf(FREEZE_FILE),
    others: files.filter(({ path }) => !SLUICE_FILES.includes(path)),
  };
}

/** The files at or below these paths at a revision, those of Sluice told from the others, and those not read. */
export async function filesWithSluiceFiles(
  revision: string,
  paths: readonly string[],
  host: Pick<GitHost, 'files'>,
): Promise<Separated<RepositoryFile> & { readonly passedOver: readonly NotRead[] }> {
  return readSeparated(revision, [...paths, ...SLUICE_FILES], host);
}

/**
 * The text of a file of Sluice at a revision; undefined where there is none.
 *
 * @throws SluiceError `manifest-invalid` where it is not to be read as text: whoever wrote it anew would lose it
 */
export async function sluiceFileAt(
  path: string,
  revision: string,
  host: Pick<GitHost, 'files'>,
): Promise<string | undefined> {
  const { blockList, freezeFile } = await readSeparated(revision, [path], host);
  const text = path === FREEZE_FILE ? freezeFile : blockList;
  if (typeof text === 'object') {
    throw unreadableFile(path, text);
  }
  return text;
}

async function readSeparated(revision: string, paths: readonly string[], host: Pick<GitHost, 'files'>) {
  const passedOver: NotRead[] = [];
  const files = await host.files(revision, [...new Set(paths)], (file, reason) => passedOver.push({ file, reason }));
  return { ...separateSluiceFiles(files, passedOver), passedOver };
}
