import { Readable } from 'node:stream';
import { isSluiceError, SluiceError } from '../../errors.ts';
import { readBody } from '../../http/body.ts';
import { HttpClient, type HttpRequest } from '../../http/client.ts';
import { follow } from '../../http/redirects.ts';
import { publicLookup, refuseForbiddenHost } from '../../registry/address.ts';
import { ContentSize } from '../content-size.ts';
import { unpack } from '../unpack.ts';
import { type Fetch, FetchResponse } from './api/fetch-response.ts';
import { isInApi, MAX_REFUSAL_BYTES, unavailable } from './api/transport.ts';
import type { GitHubClient } from './client.ts';

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
  client: GitHubClient,
  revision: string,
  wanted: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Buffer>> {
  const { data } = await client.ask(async (request, at) =>
    request('GET /repos/{owner}/{repo}/tarball/{ref}', {
      ...at,
      ref: revision,
      request: { fetch: archiveFetch(client, signal), parseSuccessResponseBody: false },
    }),
  );
  try {
    if (!isStream(data)) {
      throw new Error('an archive without a body');
    }
    const { subject } = client.address;
    const size = new ContentSize(subject);
    return (await unpack(Readable.from(data), wanted, { subject, size })).contents;
  } catch (error) {
    throw unavailable(signal.aborted ? signal.reason : error, {
      subject: client.address.subject,
      timeoutMillis: client.timeoutMillis,
    });
  }
}

/** Follows to where archives are kept, and shows our credentials only to the API. */
function archiveFetch({ address, timeoutMillis }: GitHubClient, signal: AbortSignal): Fetch {
  const { api, subject } = address;
  const isNamed = (url: URL) => isBelowHost(url, new URL(api));
  const send = async (request: HttpRequest) => {
    if (!isNamed(request.url)) {
      refuseForbiddenHost(request.url.hostname);
    }
    return (isNamed(request.url) ? NAMED : PUBLIC_ONLY).send(request);
  };
  return async (url, { headers = {} }) => {
    const { authorization: _, ...anonymous } = headers;
    const onto = (to: URL) => (isInApi(to, api) ? headers : anonymous);
    try {
      const request = { method: 'GET', url: new URL(url), headers, signal };
      const { reply, from } = await follow(request, send, { max: MAX_REDIRECTS, onto });
      const refusal = reply.status < 400 ? undefined : await readBody(reply.body, MAX_REFUSAL_BYTES);
      return new FetchResponse(reply, from, refusal ?? Buffer.alloc(0));
    } catch (error) {
      throw forbidden(error, subject) ?? unavailable(error, { subject, timeoutMillis });
    }
  };
}

function isStream(data: unknown): data is AsyncIterable<Uint8Array> {
  return typeof data === 'object' && data !== null && Symbol.asyncIterator in data;
}

/** Whoever names a host names those below it too: `codeload.github.example.com` of an Enterprise Server. */
function isBelowHost({ hostname }: URL, { hostname: named }: URL): boolean {
  return hostname === named || hostname.endsWith(`.${named}`);
}

const NAMED = new HttpClient();
/** Another host is reached at public addresses only. */
const PUBLIC_ONLY = new HttpClient({ lookup: publicLookup });

/** The error for an address that is not public; undefined for other errors. */
function forbidden(error: unknown, subject: string): SluiceError | undefined {
  if (!isSluiceError(error, 'registry-address-forbidden')) {
    return undefined;
  }
  const found = `a redirect to ${error.found} (${error.subject})`;
  return new SluiceError({
    code: 'git-refused',
    subject,
    expected: 'an archive at a public address',
    found,
    cause: error,
  });
}
