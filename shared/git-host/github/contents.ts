import { isSluiceError } from '../../errors.ts';
import * as z from '../../schema.ts';
import { requestSignal } from '../../time-limit.ts';
import { ContentSize } from '../content-size.ts';
import { inBatches } from '../in-batches.ts';
import { unlessTooLarge } from '../too-large.ts';
import type { Entry } from './api/snapshot.ts';
import { readArchive } from './archive.ts';
import type { RepositoryCache } from './cache.ts';
import type { GitHubClient } from './client.ts';

/** As many are asked for one by one, and at once; more come as an archive, by one request. */
const MAX_SINGLE_BLOBS = 4;

const blobSchema = z.object({ content: z.string(), encoding: z.string() });

/**
 * The content of files, by blob: those of an archive, where they are many, and what that has otherwise or not at all one
 * by one. Blobs that are none, or larger than is of use, are left out.
 *
 * @throws SluiceError `git-too-large` where they are larger together than may be
 */
export async function readContents(
  client: GitHubClient,
  cache: RepositoryCache,
  revision: string,
  manifests: readonly (readonly [string, Entry])[],
): Promise<ReadonlyMap<string, Buffer>> {
  const blobs = new Set(manifests.map(([, { blob }]) => blob));
  const told = new ContentSize(client.address.subject);
  for (const [, { bytes = 0 }] of manifests) {
    told.add(bytes);
  }
  const size = new ContentSize(client.address.subject);
  const contents = new Map<string, Buffer>();
  const keep = (blob: string, content: Buffer | undefined) => {
    if (content !== undefined) {
      size.add(contents.has(blob) ? 0 : content.length);
      contents.set(blob, content);
      cache.keepContent(blob, content);
    }
  };
  for (const blob of blobs) {
    keep(blob, cache.content(blob));
  }
  const missing = () => [...blobs.difference(contents)];
  if (missing().length > MAX_SINGLE_BLOBS) {
    const wanted = new Map(manifests.map(([path, { blob }]) => [path, blob]));
    for (const [blob, content] of await archiveTwice(client, revision, wanted)) {
      keep(blob, content);
    }
  }
  await inBatches(missing(), MAX_SINGLE_BLOBS, async (blob) => keep(blob, await readBlob(client, blob)));
  return contents;
}

/** Once more where it broke off: it only reads. */
async function archiveTwice(client: GitHubClient, revision: string, wanted: ReadonlyMap<string, string>) {
  const signal = requestSignal(client.timeoutMillis);
  try {
    return await readArchive(client, revision, wanted, signal);
  } catch (error) {
    if (isSluiceError(error, 'git-unavailable') && error.retryable && !signal.aborted) {
      return readArchive(client, revision, wanted, signal);
    }
    throw error;
  }
}

/** Undefined for what is no blob, the commit of a submodule, and for one that is too large to be a manifest. */
async function readBlob(client: GitHubClient, blob: string): Promise<Buffer | undefined> {
  const asked = client.ask(
    async (request, at) => request('GET /repos/{owner}/{repo}/git/blobs/{file_sha}', { ...at, file_sha: blob }),
    404,
  );
  const reply = await unlessTooLarge(asked);
  if (reply === undefined || reply.status === 404) {
    return undefined;
  }
  const { content, encoding } = client.parse(blobSchema, reply);
  return Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8');
}
