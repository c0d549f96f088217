import { isSluiceError } from '../../errors.ts';
import { blobId, decodeText, isManifestPath, MAX_FILE_BYTES } from '../manifest-file.ts';
import type { RepositoryFile } from '../port.ts';
import { archivedFiles } from './archive.ts';
import { type FoundFile, regularFile } from './file.ts';
import type { GitLabApi } from './rest.ts';
import { requireRevision } from './revision.ts';

/** What is known of a regular file after it was read. */
export type KnownFile = Pick<FoundFile, 'blob'> & Partial<Pick<FoundFile, 'lastCommit'>>;

/** Files as they were read, and what a commit on them needs to know. */
export interface ReadFiles {
  readonly files: readonly RepositoryFile[];
  readonly known: ReadonlyMap<string, KnownFile>;
}

/** More than these are read by one archive. */
const MAX_SINGLE_FILES = 4;

/** The manifests at or below these paths. */
export async function readFiles(api: GitLabApi, revision: string, paths: readonly string[]): Promise<ReadFiles> {
  requireRevision(api.project.subject, revision);
  const wanted = [...new Set(paths.map(insideOf))].filter((path) => path !== undefined);
  if (wanted.length === 0) {
    return select([]);
  }
  const isFew = wanted.length <= MAX_SINGLE_FILES && wanted.every(isManifestPath);
  return (isFew ? await singleFiles(api, revision, wanted) : undefined) ?? archive(api, revision, wanted);
}

/** From the root, without dots; undefined for what is outside. */
export function insideOf(path: string): string | undefined {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? undefined : parts.join('/');
}

/** Undefined where the files have to be read otherwise. */
async function singleFiles(api: GitLabApi, revision: string, paths: readonly string[]): Promise<ReadFiles | undefined> {
  try {
    const found = await Promise.all(paths.map(async (path) => regularFile(api, revision, path)));
    // Where there is nothing, the revision may be what is not there: the archive tells.
    return found.every((file) => file === undefined)
      ? undefined
      : select(found.flatMap((file, index) => (file === undefined ? [] : [{ path: paths[index] ?? '', ...file }])));
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
  return select(files.filter(({ path }) => isWanted(path)).map((file) => ({ ...file, blob: blobId(file.content) })));
}

/** The deepest folder or file that holds all of them. */
function commonFolder(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map((path) => path.split('/'));
  const differs = first.findIndex((part, index) => others.some((other) => other[index] !== part));
  return first.slice(0, differs < 0 ? first.length : differs).join('/');
}

function select(found: readonly (KnownFile & { readonly path: string; readonly content: Buffer })[]): ReadFiles {
  const files = found.flatMap(({ path, content, blob }) => {
    const text = content.length <= MAX_FILE_BYTES ? decodeText(content) : undefined;
    return text === undefined ? [] : [{ path, text, blob }];
  });
  return { files, known: new Map(found.map(({ path, content: _, ...file }) => [path, file])) };
}
