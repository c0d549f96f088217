import { isSluiceError, SluiceError } from '../../errors.ts';
import { isRevision } from '../../git/revision.ts';
import { inBatches } from '../in-batches.ts';
import { isLfsPointer, isManifestPath } from '../manifest-file.ts';
import { type PassedOver, passedOverByMode, TOO_LARGE } from '../passed-over.ts';
import type { RepositoryFile } from '../port.ts';
import { textFiles } from '../text-files.ts';
import { regularFile } from './api/single-file.ts';
import type { KnownFile, ReadFiles, RepositoryCache } from './cache.ts';
import type { GitLabClient } from './client.ts';
import { AT_ONCE, MAX_SINGLE_FILES, readContents } from './contents.ts';
import { entriesOf, isFile, type TreeEntry } from './tree.ts';

/**
 * The manifests at or below these paths.
 */
export async function readFiles(
  client: GitLabClient,
  cache: RepositoryCache,
  revision: string,
  paths: readonly string[],
  passedOver: PassedOver = () => {},
): Promise<readonly RepositoryFile[]> {
  if (!isRevision(revision)) {
    throw noRevision(client.address.subject, revision);
  }
  const wanted = [...new Set(paths.map(insideOf))].filter((path) => path !== undefined);
  if (wanted.length === 0) {
    return [];
  }
  const isFew = wanted.length <= MAX_SINGLE_FILES && wanted.every(isManifestPath);
  const read =
    (isFew ? await singleFiles(client, revision, wanted, passedOver) : undefined) ??
    (await filesOfTree(client, revision, wanted, passedOver));
  if (read.known.size === 0 && !cache.isGiven(revision)) {
    // The files may be missing, or the revision.
    await client.commits.show(client.address.path, revision, { stats: false });
  }
  cache.keepFiles(revision, read.known);
  return read.files;
}

/** From the root, without dots; undefined for what is outside. */
export function insideOf(path: string): string | undefined {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? undefined : parts.join('/');
}

/** Undefined for paths that the endpoint for one file does not take. */
async function singleFiles(
  client: GitLabClient,
  revision: string,
  paths: readonly string[],
  passedOver: PassedOver,
): Promise<ReadFiles | undefined> {
  try {
    const found = await Promise.all(paths.map(async (path) => regularFile(client, revision, path, passedOver)));
    const files = found.flatMap((file, index) => (file === undefined ? [] : [{ path: paths[index] ?? '', ...file }]));
    return select(client, files, passedOver);
  } catch (error) {
    if (isSluiceError(error, 'git-refused')) {
      return undefined;
    }
    throw error;
  }
}

/** By the tree, which is the same whatever `.gitattributes` say, and then the contents of its blobs. */
async function filesOfTree(
  client: GitLabClient,
  revision: string,
  paths: readonly string[],
  passedOver: PassedOver,
): Promise<ReadFiles> {
  const entries = await entriesAt(client.list(), revision, paths);
  const isWanted = (path: string) => paths.some((one) => path === one || isBelow(path, one));
  const asked = entries.filter(({ path }) => isWanted(path));
  const files = asked.filter((entry) => isFile(entry) && isManifestPath(entry.path));
  const blobs = new Map(files.map(({ path, id }) => [path, id]));
  const contents = await readContents(client, revision, blobs, commonFolder([...blobs.keys()].map(parentOf)));
  tellOthers(asked, blobs, contents, passedOver);
  return select(
    client,
    [...blobs].flatMap(([path, blob]) => {
      const content = contents.get(blob);
      return content === undefined ? [] : [{ path, content, blob }];
    }),
    passedOver,
  );
}

/** Links, submodules, and files whose content was too large to be read. */
function tellOthers(
  asked: readonly TreeEntry[],
  blobs: ReadonlyMap<string, string>,
  contents: ReadonlyMap<string, Buffer>,
  passedOver: PassedOver,
): void {
  for (const { path, mode } of asked) {
    const reason = blobs.has(path) && !contents.has(blobs.get(path) ?? '') ? TOO_LARGE : passedOverByMode(path, mode);
    if (reason !== undefined) {
      passedOver(path, reason);
    }
  }
}

/** What is at and below these paths, and some more: what is named as a manifest may be a folder all the same. */
async function entriesAt(
  client: GitLabClient,
  revision: string,
  paths: readonly string[],
): Promise<readonly TreeEntry[]> {
  const list = async (folders: readonly string[], recursive: boolean) =>
    (await inBatches(folders, AT_ONCE, async (folder) => entriesOf(client, revision, folder, recursive))).flat();
  const folders = outermost(paths.filter((path) => path === '' || !isManifestPath(path)));
  const single = paths.filter((path) => path !== '' && isManifestPath(path) && !isAtOrBelowAny(path, folders));
  const beside = await list([...new Set(single.map(parentOf))], false);
  const asFolders = beside.filter(({ path, mode }) => mode === FOLDER && single.includes(path)).map(({ path }) => path);
  return [...beside, ...(await list([...folders, ...outermost(asFolders)], true))];
}

const FOLDER = '040000';

function outermost(folders: readonly string[]): readonly string[] {
  return folders.filter((folder) => !folders.some((above) => above !== folder && isBelow(folder, above)));
}

function isAtOrBelowAny(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path === folder || isBelow(path, folder));
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** The deepest folder that holds all of these. */
function commonFolder(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map((path) => path.split('/'));
  const differs = first.findIndex((part, index) => others.some((other) => other[index] !== part));
  return first.slice(0, differs < 0 ? first.length : differs).join('/');
}

function select(
  { address }: GitLabClient,
  found: readonly (Omit<KnownFile, 'isPointer'> & { readonly path: string; readonly content: Buffer })[],
  passedOver: PassedOver,
): ReadFiles {
  const known = found.map(({ path, blob, lastCommit, content }) => {
    const isPointer = isLfsPointer(content.toString('utf8', 0, 1024));
    return [path, { blob, lastCommit, isPointer }] as const;
  });
  return { files: textFiles(address.subject, found, passedOver), known: new Map(known) };
}

function noRevision(subject: string, found: string): SluiceError {
  return new SluiceError({ code: 'git-not-found', subject, expected: 'a commit id', found: JSON.stringify(found) });
}
