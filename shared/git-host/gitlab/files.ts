import { isSluiceError } from '../../errors.ts';
import { blobId, decodeText, isLfsPointer, isManifestPath, MAX_FILE_BYTES } from '../manifest-file.ts';
import type { RepositoryFile } from '../port.ts';
import { archivedFiles } from './archive.ts';
import { regularFile } from './file.ts';
import type { GitLabApi } from './rest.ts';
import { requireRevision } from './revision.ts';

/** What is known of a regular file after it was read. */
export interface KnownFile {
  readonly blob: string;
  /** Undefined where an archive told of the file. */
  readonly lastCommit?: string | undefined;
  /** Stands in the place of a file that Git LFS keeps elsewhere. */
  readonly isPointer: boolean;
}

/** Files as they were read, and what a commit on them needs to know. */
export interface ReadFiles {
  readonly files: readonly RepositoryFile[];
  readonly known: ReadonlyMap<string, KnownFile>;
}

/** More than these are read by one archive. */
const MAX_SINGLE_FILES = 4;

/**
 * The manifests at or below these paths.
 *
 * @param isKnown is this a revision that the host gave?
 */
export async function readFiles(
  api: GitLabApi,
  revision: string,
  paths: readonly string[],
  isKnown: boolean,
): Promise<ReadFiles> {
  requireRevision(api.project.subject, revision);
  const wanted = [...new Set(paths.map(insideOf))].filter((path) => path !== undefined);
  if (wanted.length === 0) {
    return select([]);
  }
  const isFew = wanted.length <= MAX_SINGLE_FILES && wanted.every(isManifestPath);
  const few = isFew ? await singleFiles(api, revision, wanted) : undefined;
  if (few?.known.size === 0 && !isKnown) {
    // The files may be missing, or the revision.
    await api.commits.show(api.project.path, revision, { stats: false });
  }
  return few ?? archive(api, revision, wanted);
}

/** From the root, without dots; undefined for what is outside. */
export function insideOf(path: string): string | undefined {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? undefined : parts.join('/');
}

/** Undefined for paths that the endpoint for one file does not take. */
async function singleFiles(api: GitLabApi, revision: string, paths: readonly string[]): Promise<ReadFiles | undefined> {
  try {
    const found = await Promise.all(paths.map(async (path) => regularFile(api, revision, path)));
    return select(found.flatMap((file, index) => (file === undefined ? [] : [{ path: paths[index] ?? '', ...file }])));
  } catch (error) {
    if (isSluiceError(error, 'git-refused')) {
      return undefined;
    }
    throw error;
  }
}

async function archive(api: GitLabApi, revision: string, paths: readonly string[]): Promise<ReadFiles> {
  const files = await archivedFiles(api, revision, commonFolder(paths));
  const isWanted = (path: string) => paths.some((one) => one === '' || path === one || path.startsWith(`${one}/`));
  const wanted = files.filter(({ path }) => isWanted(path));
  return select(wanted.map(({ path, content }) => ({ path, content, blob: blobId(content) })));
}

/** The deepest folder or file that holds all of them. */
function commonFolder(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map((path) => path.split('/'));
  const differs = first.findIndex((part, index) => others.some((other) => other[index] !== part));
  return first.slice(0, differs < 0 ? first.length : differs).join('/');
}

function select(
  found: readonly (Omit<KnownFile, 'isPointer'> & { readonly path: string; readonly content: Buffer })[],
): ReadFiles {
  const files = found.flatMap(({ path, content, blob }) => {
    const text = content.length <= MAX_FILE_BYTES ? decodeText(content) : undefined;
    return text === undefined ? [] : [{ path, text, blob }];
  });
  const known = found.map(({ path, blob, lastCommit, content }) => {
    const isPointer = isLfsPointer(content.toString('utf8', 0, 1024));
    return [path, { blob, lastCommit, isPointer }] as const;
  });
  return { files, known: new Map(known) };
}
