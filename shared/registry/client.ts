import type { Cache } from '../cache/port.ts';
import { isSluiceError, SluiceError } from '../errors.ts';
import {
  type Authentication,
  authentication,
  type CredentialsProvider,
  type RegistryCredentials,
  unauthorized,
} from './authentication.ts';
import { digestOf, isDigest, verifyDigest } from './digest.ts';
import { type RegistryHttp, type RegistryReply, registryHttp } from './http.ts';
import { ImageReader } from './image-reader.ts';
import { ACCEPT, readJson } from './manifest.ts';
import { isLoopback, ownHosts } from './own-hosts.ts';
import type { ImageFacts, ImageSource, Registry } from './port.ts';
import { rateLimited } from './rate-limit.ts';
import { tagPages } from './tag-pages.ts';

export interface RegistryOptions {
  /** As images name it: `docker.io`, `localhost:5000`. */
  readonly host: string;
  /** Plain HTTP. */
  readonly insecure: boolean;
  /** Hosts of its token service and blob store, which may have private addresses: `gitlab.corp`, `minio.corp:9000`. */
  readonly alsoAt?: readonly string[] | undefined;
  readonly credentials?: RegistryCredentials | CredentialsProvider | undefined;
  readonly cache: Cache;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** For one request, redirects included. */
  readonly timeoutMillis?: number;
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests has 4 MiB. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const MAX_CONFIG_BYTES = 8 * 1024 * 1024;
const MAX_TAGS_BYTES = 32 * 1024 * 1024;
const DEFAULT_TIMEOUT_MILLIS = 10_000;
/** What registries and proxies answer that know a manifest by GET only; GET then has the last word. */
const NO_HEAD: ReadonlySet<number> = new Set([400, 403, 404, 405, 406, 501]);

/** A client of the OCI distribution API: https://github.com/opencontainers/distribution-spec/blob/main/spec.md */
export function openRegistry(options: RegistryOptions): Registry {
  const { host, insecure, alsoAt = [], credentials, cache, now, timeoutMillis = DEFAULT_TIMEOUT_MILLIS } = options;
  const origin = `${insecure ? 'http' : 'https'}://${host === 'docker.io' ? 'registry-1.docker.io' : host}`;
  const isOwn = ownHosts(origin, alsoAt);
  const http = rateLimited(registryHttp(origin, timeoutMillis, alsoAt), host, origin, now);
  const mayGetCredentials = (url: URL) =>
    url.protocol === 'https:' || (url.protocol === 'http:' && (isLoopback(url.hostname) || (insecure && isOwn(url))));
  const get = requester(host, http, authentication({ host, credentials, http, mayGetCredentials, now }));

  const manifestOf = async (repository: string, reference: string) => {
    const what = `${repository}:${reference}`;
    const reply = await get(repository, what, manifestRequest(origin, repository, reference), MAX_MANIFEST_BYTES);
    const told = reply.headers.get('docker-content-digest');
    for (const digest of [...(told === undefined ? [] : [told]), ...(isDigest(reference) ? [reference] : [])]) {
      verifyDigest(reply.body, digest, host, what);
    }
    return { json: readJson(reply.body, host), digest: told ?? digestOf(reply.body) };
  };

  const digestOfTag = async (repository: string, reference: string) => {
    const request = { ...manifestRequest(origin, repository, reference), method: 'HEAD' } as const;
    const told = await get(repository, `${repository}:${reference}`, request, MAX_MANIFEST_BYTES).then(
      ({ headers }) => headers.get('docker-content-digest') ?? '',
      (error: unknown) => {
        if (isSluiceError(error) && NO_HEAD.has(error.status ?? 0)) {
          return '';
        }
        throw error;
      },
    );
    // The header may be left out; then only the manifest itself tells.
    return isDigest(told) ? told : (await manifestOf(repository, reference)).digest;
  };

  const config = async (repository: string, digest: string): Promise<unknown> => {
    const what = `${repository}@${digest}`;
    const url = new URL(`${origin}/v2/${repository}/blobs/${digest}`);
    const { body } = await get(repository, what, { url, accept: '*/*' }, MAX_CONFIG_BYTES);
    verifyDigest(body, digest, host, what);
    return readJson(body, host);
  };

  const images = new ImageReader({ host, cache, manifest: manifestOf, config });

  return {
    async tags(repository) {
      const first = new URL(`${origin}/v2/${repository}/tags/list?n=1000`);
      return tagPages(first, host, async (url) =>
        get(repository, repository, { url, accept: 'application/json' }, MAX_TAGS_BYTES),
      );
    },

    async image(repository, tagOrDigest, needs): Promise<ImageFacts> {
      const tag = tagOrDigest;
      if (!needs.created) {
        return { tag, digest: await digestOfTag(repository, tagOrDigest) };
      }
      const { digest, created } = await images.labels(repository, tagOrDigest);
      return { tag, digest, created };
    },

    notAnImage: async (repository, digest) => images.notAnImage(repository, digest),

    async source(repository, tagOrDigest): Promise<ImageSource> {
      const { source, revision } = await images.labels(repository, tagOrDigest);
      return { source, revision };
    },
  };
}

function manifestRequest(origin: string, repository: string, reference: string) {
  return { url: new URL(`${origin}/v2/${repository}/manifests/${reference}`), accept: ACCEPT };
}

interface RegistryRequest {
  readonly url: URL;
  readonly method?: 'GET' | 'HEAD';
  readonly accept: string;
}

/** Requests with authentication, and with every status that is not a success told as an error. */
function requester(host: string, http: RegistryHttp, authenticate: Authentication) {
  return async (
    repository: string,
    what: string,
    request: RegistryRequest,
    maxBytes: number,
  ): Promise<RegistryReply> => {
    const { url, method = 'GET', accept } = request;
    const ask = async (authorization: string | undefined) => {
      const headers = { accept, ...(authorization === undefined ? {} : { authorization }) };
      return http({ url, method, headers, maxBytes });
    };
    const known = authenticate.known(repository);
    let reply = await ask(known);
    if (reply.status === 401) {
      reply = await ask(await authenticate.answer(repository, known, reply.headers.get('www-authenticate')));
    }
    if (reply.status === 200) {
      return reply;
    }
    throw failed(host, repository, what, reply.status);
  };
}

function failed(host: string, repository: string, what: string, status: number): SluiceError {
  if (status === 401 || status === 403) {
    return unauthorized(host, repository, `status ${status}`, status);
  }
  if (status === 404) {
    return new SluiceError({
      code: 'registry-not-found',
      subject: `${host}/${what}`,
      expected: 'an image',
      found: 'none (status 404)',
      status,
      next: 'If it was just pushed, the next sweep finds it.',
    });
  }
  return new SluiceError({
    code: 'registry-unavailable',
    subject: `registry ${host}`,
    expected: `status 200 for ${what}`,
    found: `status ${status}`,
    status,
    retryable: status >= 500 || status === 408,
  });
}
