import { Readable } from 'node:stream';
import { Agent, fetch, type Response } from 'undici';
import { isSluiceError, SluiceError } from '../../errors.ts';
import { publicLookup, refuseForbiddenHost } from '../../registry/address.ts';
import { ContentSize } from '../content-size.ts';
import { unpack } from '../unpack.ts';
import type { GitHubApi } from './api.ts';
import { type FetchInit, isInApi, redirectOf, unavailable } from './transport.ts';

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
    const { subject } = api.place;
    const size = new ContentSize(subject);
    return (await unpack(Readable.fromWeb(data, { signal }), wanted, { subject, size })).contents;
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
        const isNamed = isBelowHost(at, new URL(place.api));
        if (!isNamed) {
          refuseForbiddenHost(at.hostname);
        }
        const response = await fetch(at, {
          headers: isOurs ? headers : anonymous,
          redirect: 'manual',
          signal,
          ...(isNamed ? {} : { dispatcher: PUBLIC_ONLY }),
        });
        const target = redirectOf(response, at.href);
        if (target === undefined) {
          return response;
        }
        await response.body?.cancel();
        at = target;
      }
    } catch (error) {
      throw forbidden(error, place.subject) ?? unavailable(error, { subject: place.subject, timeoutMillis });
    }
    const found = `more than ${MAX_REDIRECTS} redirects`;
    throw new SluiceError({ code: 'git-unavailable', subject: place.subject, expected: 'an archive', found });
  };
}

/** Whoever names a host names those below it too: `codeload.github.example.com` of an Enterprise Server. */
function isBelowHost({ hostname }: URL, { hostname: named }: URL): boolean {
  return hostname === named || hostname.endsWith(`.${named}`);
}

/** Another host is reached at public addresses only. */
const PUBLIC_ONLY = new Agent({ connect: { lookup: publicLookup } });

/** The error for an address that is not public; undefined for other errors. */
function forbidden(error: unknown, subject: string): SluiceError | undefined {
  const cause = [error, error instanceof Error ? error.cause : undefined].find((one) =>
    isSluiceError(one, 'registry-address-forbidden'),
  );
  if (!isSluiceError(cause)) {
    return undefined;
  }
  const found = `a redirect to ${cause.found} (${cause.subject})`;
  return new SluiceError({ code: 'git-refused', subject, expected: 'an archive at a public address', found, cause });
}
