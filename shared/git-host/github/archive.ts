import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { createTarDecoder } from 'modern-tar';
import { fetch, type Response } from 'undici';
import { SluiceError } from '../../errors.ts';
import { blobId } from '../manifest-file.ts';
import type { GitHubApi } from './api.ts';
import { type FetchInit, isInApi, redirectOf, unavailable } from './transport.ts';

/** More is no repository of manifests, or is meant to fill our disk or memory. */
const MAX_UNPACKED_BYTES = 1024 * 1024 * 1024;
const MAX_REDIRECTS = 5;

/**
 * The content of files by one archive of their revision, by blob. Those whose content is another there (`export-subst`,
 * Git LFS) or that are left out (`export-ignore`) are missing here.
 *
 * @param wanted the blob of each path
 * @see https://docs.github.com/en/rest/repos/contents#download-a-repository-archive-tar
 */
export async function readArchive(
  api: GitHubApi,
  revision: string,
  wanted: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Buffer>> {
  const signal = AbortSignal.timeout(api.timeoutMillis);
  const { data } = await api.ask(async (request, at) =>
    request('GET /repos/{owner}/{repo}/tarball/{ref}', {
      ...at,
      ref: revision,
      request: { fetch: archiveFetch(api, signal), parseSuccessResponseBody: false },
    }),
  );
  try {
    if (!(data instanceof ReadableStream)) {
      throw new Error('an archive without a body');
    }
    return await unpack(Readable.fromWeb(data, { signal }), wanted, api.place.subject);
  } catch (error) {
    throw unavailable(signal.aborted ? signal.reason : error, {
      subject: api.place.subject,
      timeoutMillis: api.timeoutMillis,
    });
  }
}

/** Follows to where archives are kept, and shows our credentials only to the API. */
function archiveFetch({ place, timeoutMillis }: GitHubApi, signal: AbortSignal) {
  return async (url: string, { headers = {} }: FetchInit): Promise<Response> => {
    const { authorization: _, ...anonymous } = headers;
    let at = new URL(url);
    try {
      for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
        const isOurs = isInApi(at, place.api);
        const response = await fetch(at, { headers: isOurs ? headers : anonymous, redirect: 'manual', signal });
        const target = redirectOf(response, at.href);
        if (target === undefined) {
          return response;
        }
        await response.body?.cancel();
        at = target;
      }
    } catch (error) {
      throw unavailable(error, { subject: place.subject, timeoutMillis });
    }
    const found = `more than ${MAX_REDIRECTS} redirects`;
    throw new SluiceError({ code: 'git-unavailable', subject: place.subject, expected: 'an archive', found });
  };
}

async function unpack(
  packed: Readable,
  wanted: ReadonlyMap<string, string>,
  subject: string,
): Promise<ReadonlyMap<string, Buffer>> {
  const unpacked = limited(subject);
  const contents = new Map<string, Buffer>();
  const read = async () => {
    for await (const { header, body } of Readable.toWeb(unpacked).pipeThrough(createTarDecoder({ strict: true }))) {
      // The first folder is named after the repository and its revision.
      const blob = wanted.get(header.name.slice(header.name.indexOf('/') + 1));
      const content = blob !== undefined && header.type === 'file' ? await readAll(body) : await skip(body);
      if (content !== undefined && blobId(content) === blob) {
        contents.set(blob, content);
      }
    }
  };
  await Promise.all([pipeline(packed, createGunzip(), unpacked), read()]);
  return contents;
}

async function readAll(body: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** To its end: where one is cancelled, the decoder (0.8) loses the file that it reads ahead, and never goes on. */
async function skip(body: ReadableStream<Uint8Array>): Promise<undefined> {
  for await (const _ of body) {
    // Nobody asked for it.
  }
}

function limited(subject: string): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      const expected = `an archive of at most ${MAX_UNPACKED_BYTES} bytes`;
      done(
        bytes > MAX_UNPACKED_BYTES
          ? new SluiceError({ code: 'git-refused', subject, expected, found: 'a larger one' })
          : null,
        chunk,
      );
    },
  });
}
