import { createHash } from 'node:crypto';
import type { Cache } from '../cache/port.ts';
import { SluiceError } from '../errors.ts';
import { type Authentication, authentication, type RegistryCredentials, unauthorized } from './authentication.ts';
import { type HttpClient, type HttpReply, httpClient } from './http.ts';
import { ACCEPT, configDigestOf, creationOf, readJson, tagsOf } from './manifest.ts';
import type { ImageFacts, Registry } from './port.ts';

export interface RegistryOptions {
  /** As images name it: `docker.io`, `localhost:5000`. */
  readonly host: string;
  /** Plain HTTP. */
  readonly insecure: boolean;
  readonly credentials?: RegistryCredentials | undefined;
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
const MAX_TAG_PAGES = 100;
/** What a digest names never changes; the limit only lets go of images that nobody asks for. */
const CREATED_TTL_SECONDS = 30 * 24 * 60 * 60;
const DEFAULT_TIMEOUT_MILLIS = 10_000;

/** A client of the OCI distribution API: https://github.com/opencontainers/distribution-spec/blob/main/spec.md */
export function openRegistry(options: RegistryOptions): Registry {
  const { host, insecure, credentials, cache, now, timeoutMillis = DEFAULT_TIMEOUT_MILLIS } = options;
  const origin = `${insecure ? 'http' : 'https'}://${host === 'docker.io' ? 'registry-1.docker.io' : host}`;
  const http = httpClient(origin, timeoutMillis);
  const get = requester(host, http, authentication(host, credentials, http, now), now);

  const manifestOf = async (repository: string, reference: string, method: 'GET' | 'HEAD') => {
    const url = new URL(`${origin}/v2/${repository}/manifests/${reference}`);
    const reply = await get(
      repository,
      `${repository}:${reference}`,
      { url, method, accept: ACCEPT },
      MAX_MANIFEST_BYTES,
    );
    return { reply, digest: reply.headers.get('docker-content-digest') ?? digestOf(reply.body) };
  };

  const createdOf = async (repository: string, manifest: HttpReply): Promise<string | undefined> => {
    const config = configDigestOf(readJson(manifest.body, host), host);
    if ('manifest' in config) {
      return createdOf(repository, (await manifestOf(repository, config.manifest, 'GET')).reply);
    }
    const url = new URL(`${origin}/v2/${repository}/blobs/${config.blob}`);
    const blob = await get(repository, `${repository}@${config.blob}`, { url, accept: '*/*' }, MAX_CONFIG_BYTES);
    return creationOf(readJson(blob.body, host));
  };

  return {
    async tags(repository) {
      const tags: string[] = [];
      let url: URL | undefined = new URL(`${origin}/v2/${repository}/tags/list?n=1000`);
      for (let page = 0; url !== undefined && page < MAX_TAG_PAGES; page += 1) {
        const reply: HttpReply = await get(repository, repository, { url, accept: 'application/json' }, MAX_TAGS_BYTES);
        tags.push(...tagsOf(readJson(reply.body, host), host));
        url = nextPage(reply.headers.get('link'), url, host);
      }
      return tags;
    },

    async image(repository, tagOrDigest, needs): Promise<ImageFacts> {
      const tag = tagOrDigest;
      if (!needs.created) {
        const { digest } = await manifestOf(repository, tagOrDigest, 'HEAD');
        return { tag, digest };
      }
      const { reply, digest } = await manifestOf(repository, tagOrDigest, 'GET');
      const key = `created ${host} ${digest}`;
      const cached = await cache.get(key);
      if (typeof cached === 'string') {
        return { tag, digest, created: cached === '' ? undefined : cached };
      }
      const created = await createdOf(repository, reply);
      await cache.set(key, created ?? '', CREATED_TTL_SECONDS);
      return { tag, digest, created };
    },
  };
}

interface RegistryRequest {
  readonly url: URL;
  readonly method?: 'GET' | 'HEAD';
  readonly accept: string;
}

/** Requests with authentication, and with every status that is not a success told as an error. */
function requester(host: string, http: HttpClient, authenticate: Authentication, now: () => number) {
  let quietUntil = 0;
  return async (repository: string, what: string, request: RegistryRequest, maxBytes: number): Promise<HttpReply> => {
    if (now() < quietUntil) {
      throw limited(host, Math.ceil((quietUntil - now()) / 1000));
    }
    const ask = async (authorization: string | undefined) =>
      http({
        url: request.url,
        method: request.method ?? 'GET',
        headers: { accept: request.accept, ...(authorization === undefined ? {} : { authorization }) },
        maxBytes,
      });
    const first = await ask(authenticate.known(repository));
    const reply =
      first.status === 401
        ? await ask(await authenticate.answer(repository, first.headers.get('www-authenticate')))
        : first;
    if (reply.status === 429) {
      const seconds = retryAfterSeconds(reply.headers.get('retry-after'), now());
      quietUntil = now() + seconds * 1000;
      throw limited(host, seconds);
    }
    if (reply.status === 200) {
      return reply;
    }
    throw failed(host, repository, what, reply.status);
  };
}

function failed(host: string, repository: string, what: string, status: number): SluiceError {
  if (status === 401 || status === 403) {
    return unauthorized(host, repository, `status ${status}`);
  }
  if (status === 404) {
    return new SluiceError({
      code: 'registry-not-found',
      subject: `${host}/${what}`,
      expected: 'an image',
      found: 'none (status 404)',
      next: 'If it was just pushed, the next sweep finds it.',
    });
  }
  return new SluiceError({
    code: 'registry-unavailable',
    subject: `registry ${host}`,
    expected: `status 200 for ${what}`,
    found: `status ${status}`,
    retryable: status >= 500 || status === 408,
  });
}

/** Until then the registry is not asked at all: more requests would only prolong the limit. */
function limited(host: string, seconds: number): SluiceError {
  return new SluiceError({
    code: 'registry-rate-limited',
    subject: `registry ${host}`,
    found: `too many requests; it asks to wait ${seconds} s`,
    retryable: true,
    retryAfterSeconds: seconds,
  });
}

const DEFAULT_RETRY_SECONDS = 30;

/** Seconds or a date: RFC 9110, section 10.2.3. */
function retryAfterSeconds(header: string | null, now: number): number {
  const seconds =
    header === null ? Number.NaN : /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : DEFAULT_RETRY_SECONDS;
}

/** The next page of a list; it must be at the same registry, since it gets our credentials. */
function nextPage(link: string | null, from: URL, host: string): URL | undefined {
  const target = /<([^>]*)>\s*;[^,]*rel="?next"?/.exec(link ?? '')?.[1];
  if (target === undefined) {
    return undefined;
  }
  const url = new URL(target, from);
  if (url.origin !== from.origin) {
    throw new SluiceError({
      code: 'registry-reply-invalid',
      subject: `registry ${host}`,
      expected: 'the next page of tags at the registry itself',
      found: url.origin,
    });
  }
  return url;
}

function digestOf(body: Buffer): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}
