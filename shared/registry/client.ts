import type { Cache } from '../cache/port.ts';
import { isSluiceError } from '../errors.ts';
import { Authentication, type CredentialsProvider, type RegistryCredentials } from './authentication.ts';
import { digestOf, isDigest, verifyDigest } from './digest.ts';
import { registryHttp } from './http.ts';
import { ImageReader } from './image-reader.ts';
import { ACCEPT, readJson } from './manifest.ts';
import { isLoopback, ownHosts } from './own-hosts.ts';
import type { ImageFacts, ImageSource, Registry, Sighting, SightingNeeds } from './port.ts';
import type { PushClock, TaggedDigest } from './push-clock.ts';
import { rateLimited } from './rate-limit.ts';
import { type RegistryRequest, Requester } from './requester.ts';
import { tagPages } from './tag-pages.ts';
import { Witness } from './witness.ts';

export interface RegistryOptions {
  /** As images name it: `docker.io`, `localhost:5000`. */
  readonly host: string;
  /** Plain HTTP. */
  readonly insecure: boolean;
  /** Hosts of its token service and blob store, which may have private addresses: `gitlab.corp`, `minio.corp:9000`. */
  readonly alsoAt?: readonly string[] | undefined;
  readonly credentials?: RegistryCredentials | CredentialsProvider | undefined;
  readonly cache: Cache;
  /** When the registry says that it took an image, where it says so. */
  readonly clock?: PushClock | undefined;
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

/** Returns a client of the OCI distribution API: https://github.com/opencontainers/distribution-spec/blob/main/spec.md */
export function openRegistry(options: RegistryOptions): Registry {
  const { host, insecure, alsoAt = [], credentials, cache, clock, now } = options;
  const { timeoutMillis = DEFAULT_TIMEOUT_MILLIS } = options;
  const origin = `${insecure ? 'http' : 'https'}://${host === 'docker.io' ? 'registry-1.docker.io' : host}`;
  const isOwn = ownHosts(origin, alsoAt);
  const http = rateLimited(registryHttp(origin, timeoutMillis, alsoAt), host, origin, now);
  const mayGetCredentials = (url: URL) =>
    url.protocol === 'https:' || (url.protocol === 'http:' && (isLoopback(url.hostname) || (insecure && isOwn(url))));
  const authentication = new Authentication({ host, credentials, http, mayGetCredentials, now });
  const requester = new Requester(host, http, authentication);
  return new RegistryClient({ host, origin, cache, requester, witness: new Witness({ host, cache, clock, now }) });
}

interface RegistryClientOptions {
  readonly host: string;
  /** Where the API is: `https://registry-1.docker.io` */
  readonly origin: string;
  readonly cache: Cache;
  readonly requester: Requester;
  readonly witness: Witness;
}

class RegistryClient implements Registry {
  readonly #host: string;
  readonly #origin: string;
  readonly #requester: Requester;
  readonly #images: ImageReader;
  readonly #witness: Witness;

  constructor({ host, origin, cache, requester, witness }: RegistryClientOptions) {
    this.#host = host;
    this.#origin = origin;
    this.#requester = requester;
    this.#witness = witness;
    this.#images = new ImageReader({
      ...{ host, cache },
      manifest: async (repository, reference) => this.#manifestOf(repository, reference),
      config: async (repository, digest) => this.#config(repository, digest),
    });
  }

  async tags(repository: string): Promise<readonly string[]> {
    const first = new URL(`${this.#origin}/v2/${repository}/tags/list?n=1000`);
    return tagPages(first, this.#host, async (url) =>
      this.#requester.get(repository, repository, { url, accept: 'application/json' }, MAX_TAGS_BYTES),
    );
  }

  async image(repository: string, tagOrDigest: string, needs: { readonly created: boolean }): Promise<ImageFacts> {
    const tag = tagOrDigest;
    if (!needs.created) {
      return { tag, digest: await this.#digestOfTag(repository, tagOrDigest) };
    }
    const { digest, created } = await this.#images.labels(repository, tagOrDigest);
    return { tag, digest, created };
  }

  async notAnImage(repository: string, digest: string): Promise<string | undefined> {
    return this.#images.notAnImage(repository, digest);
  }

  async firstSeen(repository: string, version: TaggedDigest, needs: SightingNeeds): Promise<Sighting> {
    return this.#witness.firstSeen(repository, version, needs);
  }

  async source(repository: string, tagOrDigest: string): Promise<ImageSource> {
    const { source, revision } = await this.#images.labels(repository, tagOrDigest);
    return { source, revision };
  }

  async #manifestOf(repository: string, reference: string) {
    const what = `${repository}:${reference}`;
    const request = this.#manifestRequest(repository, reference);
    const reply = await this.#requester.get(repository, what, request, MAX_MANIFEST_BYTES);
    const told = reply.headers.get('docker-content-digest');
    for (const digest of [...(told === undefined ? [] : [told]), ...(isDigest(reference) ? [reference] : [])]) {
      verifyDigest(reply.body, digest, this.#host, what);
    }
    return { json: readJson(reply.body, this.#host), digest: told ?? digestOf(reply.body) };
  }

  async #digestOfTag(repository: string, reference: string): Promise<string> {
    const request = { ...this.#manifestRequest(repository, reference), method: 'HEAD' } as const;
    const told = await this.#requester.get(repository, `${repository}:${reference}`, request, MAX_MANIFEST_BYTES).then(
      ({ headers }) => headers.get('docker-content-digest') ?? '',
      (error: unknown) => {
        if (isSluiceError(error) && NO_HEAD.has(error.status ?? 0)) {
          return '';
        }
        throw error;
      },
    );
    // The header may be left out; then only the manifest itself tells.
    return isDigest(told) ? told : (await this.#manifestOf(repository, reference)).digest;
  }

  async #config(repository: string, digest: string): Promise<unknown> {
    const what = `${repository}@${digest}`;
    const url = new URL(`${this.#origin}/v2/${repository}/blobs/${digest}`);
    const { body } = await this.#requester.get(repository, what, { url, accept: '*/*' }, MAX_CONFIG_BYTES);
    verifyDigest(body, digest, this.#host, what);
    return readJson(body, this.#host);
  }

  #manifestRequest(repository: string, reference: string): RegistryRequest {
    return { url: new URL(`${this.#origin}/v2/${repository}/manifests/${reference}`), accept: ACCEPT };
  }
}
