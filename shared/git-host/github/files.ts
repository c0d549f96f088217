import * as z from 'zod';
import { isSluiceError, SluiceError } from '../../errors.ts';
import { requestSignal } from '../../time-limit.ts';
import { ContentSize } from '../content-size.ts';
import { isManifestPath, MAX_FILE_BYTES } from '../manifest-file.ts';
import { type PassedOver, passedOverByMode, TOO_LARGE } from '../passed-over.ts';
import type { RepositoryFile } from '../port.ts';
import { textFiles } from '../text-files.ts';
import { unlessTooLarge } from '../too-large.ts';
import { readArchive } from './archive.ts';
import type { Remembered } from './cache.ts';
import type { GitHubApi } from './client.ts';
import { type Entry, isAtOrBelow, isCovered, isRegular, normalise } from './snapshot.ts';
import { lookAtTree } from './tree.ts';

/** As many are asked for one by one; more come as an archive, by one request. */
const MAX_SINGLE_BLOBS = 4;

const blobSchema = z.object({ content: z.string(), encoding: z.string() });

/**
 * The manifests at or below these paths: by what is known of the revision, or by its tree; then by its blobs or its
 * archive, so that the number of requests does not grow with the number of files.
 */
export async function readFiles(
  api: GitHubApi,
  known: Remembered,
  revision: string,
  paths: readonly string[],
  passedOver: PassedOver = () => {},
): Promise<readonly RepositoryFile[]> {
  const wanted = paths.map(normalise);
  if (wanted.length === 0) {
    return [];
  }
  const remembered = known.snapshot(revision);
  const isKnown = wanted.every((path) => isCovered(remembered, path));
  const { entries } = isKnown ? remembered : await lookAtTree(api, known, revision, wanted);
  const asked = [...entries].filter(([path]) => wanted.some((above) => isAtOrBelow(path, above)));
  const manifests = asked.filter(([path, entry]) => mayBeManifest(path, entry));
  tellOthers(asked, passedOver);
  const contents = await readContents(api, known, revision, manifests);
  const unread = manifests.filter(([, { blob }]) => !contents.has(blob));
  if (unread.length > 0) {
    await requireOther(api, known, revision, unread);
  }
  const files = manifests.map(([path, { blob }]) => ({ path, blob, content: contents.get(blob) }));
  return textFiles(api.place.subject, files, passedOver);
}

/**
 * A blob of a tree is there as long as the tree is: where GitHub says otherwise, it does not know us, or not yet. Only
 * a comparison names what is none, the commit of a submodule, as if it were a file.
 *
 * @throws SluiceError `git-unavailable`
 */
async function requireOther(
  api: GitHubApi,
  known: Remembered,
  revision: string,
  unread: readonly (readonly [string, Entry])[],
): Promise<void> {
  const isCompared = unread.every(([, { mode }]) => mode === undefined);
  const paths = unread.map(([path]) => path);
  const { entries } = isCompared ? await lookAtTree(api, known, revision, paths) : { entries: new Map(unread) };
  // A comparison does not tell sizes either.
  const file = paths.find((path) => mayBeManifest(path, entries.get(path) ?? NOTHING));
  if (file !== undefined) {
    throw new SluiceError({
      code: 'git-unavailable',
      subject: `${api.place.subject} file ${file}`,
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

async function readContents(
  api: GitHubApi,
  known: Remembered,
  revision: string,
  manifests: readonly (readonly [string, Entry])[],
): Promise<ReadonlyMap<string, Buffer>> {
  const blobs = new Set(manifests.map(([, { blob }]) => blob));
  const told = new ContentSize(api.place.subject);
  for (const [, { bytes = 0 }] of manifests) {
    told.add(bytes);
  }
  const size = new ContentSize(api.place.subject);
  const contents = new Map<string, Buffer>();
  const keep = (blob: string, content: Buffer | undefined) => {
    if (content !== undefined) {
      size.add(contents.has(blob) ? 0 : content.length);
      contents.set(blob, content);
      known.keepContent(blob, content);
    }
  };
  for (const blob of blobs) {
    keep(blob, known.content(blob));
  }
  const missing = () => [...blobs.difference(contents)];
  if (missing().length > MAX_SINGLE_BLOBS) {
    const wanted = new Map(manifests.map(([path, { blob }]) => [path, blob]));
    for (const [blob, content] of await archiveTwice(api, revision, wanted)) {
      keep(blob, content);
    }
  }
  for (const some of batches(missing(), MAX_SINGLE_BLOBS)) {
    const read = await Promise.all(some.map(async (blob) => readBlob(api, blob)));
    some.forEach((blob, index) => {
      keep(blob, read[index]);
    });
  }
  return contents;
}

/** Once more where it broke off: it only reads. */
async function archiveTwice(api: GitHubApi, revision: string, wanted: ReadonlyMap<string, string>) {
  const signal = requestSignal(api.timeoutMillis);
  try {
    return await readArchive(api, revision, wanted, signal);
  } catch (error) {
    if (isSluiceError(error, 'git-unavailable') && error.retryable && !signal.aborted) {
      return readArchive(api, revision, wanted, signal);
    }
    throw error;
  }
}

/** Undefined for what is no blob, the commit of a submodule, and for one that is too large to be a manifest. */
async function readBlob(api: GitHubApi, blob: string): Promise<Buffer | undefined> {
  const asked = api.ask(
    async (request, at) => request('GET /repos/{owner}/{repo}/git/blobs/{file_sha}', { ...at, file_sha: blob }),
    404,
  );
  const reply = await unlessTooLarge(asked);
  if (reply === undefined || reply.status === 404) {
    return undefined;
  }
  const { content, encoding } = api.parse(blobSchema, reply);
  return Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8');
}

function batches<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
