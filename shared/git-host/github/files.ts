import { SluiceError } from '../../errors.ts';
import { isManifestPath, MAX_FILE_BYTES } from '../manifest-file.ts';
import { type PassedOver, passedOverByMode, TOO_LARGE } from '../passed-over.ts';
import type { RepositoryFile } from '../port.ts';
import { textFiles } from '../text-files.ts';
import { type Entry, isAtOrBelow, isCovered, isRegular, normalise } from './api/snapshot.ts';
import type { RepositoryCache } from './cache.ts';
import type { GitHubClient } from './client.ts';
import { readContents } from './contents.ts';
import { lookAtTree } from './tree.ts';

/**
 * The manifests at or below these paths: by what is known of the revision, or by its tree; then by its blobs or its
 * archive, so that the number of requests does not grow with the number of files.
 */
export async function readFiles(
  client: GitHubClient,
  cache: RepositoryCache,
  revision: string,
  paths: readonly string[],
  passedOver: PassedOver = () => {},
): Promise<readonly RepositoryFile[]> {
  const wanted = paths.map(normalise);
  if (wanted.length === 0) {
    return [];
  }
  const remembered = cache.snapshot(revision);
  const isKnown = wanted.every((path) => isCovered(remembered, path));
  const { entries } = isKnown ? remembered : await lookAtTree(client, cache, revision, wanted);
  const asked = [...entries].filter(([path]) => wanted.some((above) => isAtOrBelow(path, above)));
  const manifests = asked.filter(([path, entry]) => mayBeManifest(path, entry));
  tellOthers(asked, passedOver);
  const contents = await readContents(client, cache, revision, manifests);
  const unread = manifests.filter(([, { blob }]) => !contents.has(blob));
  if (unread.length > 0) {
    await requireOther(client, cache, revision, unread);
  }
  const files = manifests.map(([path, { blob }]) => ({ path, blob, content: contents.get(blob) }));
  return textFiles(client.address.subject, files, passedOver);
}

/**
 * A blob of a tree is there as long as the tree is: where GitHub says otherwise, it does not know us, or not yet. Only
 * a comparison names what is none, the commit of a submodule, as if it were a file.
 *
 * @throws SluiceError `git-unavailable`
 */
async function requireOther(
  client: GitHubClient,
  cache: RepositoryCache,
  revision: string,
  unread: readonly (readonly [string, Entry])[],
): Promise<void> {
  const isCompared = unread.every(([, { mode }]) => mode === undefined);
  const paths = unread.map(([path]) => path);
  const { entries } = isCompared ? await lookAtTree(client, cache, revision, paths) : { entries: new Map(unread) };
  // A comparison does not tell sizes either.
  const file = paths.find((path) => mayBeManifest(path, entries.get(path) ?? NOTHING));
  if (file !== undefined) {
    throw new SluiceError({
      code: 'git-unavailable',
      subject: `${client.address.subject} file ${file}`,
      expected: 'the content of a file of the tree',
      found: 'none (status 404)',
      retryable: true,
    });
  }
}

function tellOthers(asked: readonly (readonly [string, Entry])[], passedOver: PassedOver): void {
  for (const [path, { mode = '100644', bytes = 0 }] of asked) {
    const isLarge = isRegular(mode) && isManifestPath(path) && bytes > MAX_FILE_BYTES;
    const reason = isLarge ? TOO_LARGE : passedOverByMode(path, mode);
    if (reason !== undefined) {
      passedOver(path, reason);
    }
  }
}

const NOTHING: Entry = { mode: '', blob: '', bytes: undefined };

/** A comparison does not tell links from files: the text of a link names no image. */
function mayBeManifest(path: string, { mode = '100644', bytes = 0 }: Entry): boolean {
  return isRegular(mode) && isManifestPath(path) && bytes <= MAX_FILE_BYTES;
}
