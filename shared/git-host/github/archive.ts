import { Readable } from 'node:stream';
import { fetch, type Response } from 'undici';
import { SluiceError } from '../../errors.ts';
import type { GitHubApi } from './api.ts';
import { type FetchInit, isInApi, redirectOf, unavailable } from './transport.ts';
import { unpack } from './unpack.ts';

/** More is no repository of manifests, or is meant to keep us busy. */
const MAX_UNPACKED_BYTES = 1024 * 1024 * 1024;
const MAX_REDIRECTS = 5;

/**
 * The content of files by one archive of their revision, by blob. Those whose content is another there (`export-subst`,
 * Git LFS) or that are left out (`export-ignore`) are missing here.
 *
 * @param wanted the blob of each path
 * @param signal the time limit of it all
 * @see https://docs.github.com/en/rest/repos/contents#download-a-repository-archive-tar
 */
export async function readArchive(
  api: GitHubApi,
  revision: string,
  wanted: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Buffer>> {
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
    return await unpack(Readable.fromWeb(data, { signal }), wanted, {
      subject: api.place.subject,
      maxBytes: MAX_UNPACKED_BYTES,
    });
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
