import * as z from 'zod';
import { SluiceError } from '../errors.ts';
import { BoundedMap } from '../policy/bounded-map.ts';
import { isoTime } from '../time.ts';
import type { RegistryCredentials } from './authentication.ts';
import { type RegistryHttp, registryHttp } from './http.ts';
import type { PushClock } from './push-clock.ts';

export interface GhcrClockOptions {
  /** Its password is a personal access token (classic) with the scope `read:packages`; GitHub takes no other here. */
  readonly credentials: RegistryCredentials;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** `https://api.github.com` where it is left out. */
  readonly api?: string;
}

/** A version of a container is named by its digest. */
const versionList = z.array(z.object({ name: z.string(), created_at: z.string() }));

const TIMEOUT_MILLIS = 5000;
const MAX_BYTES = 8 * 1024 * 1024;
/** https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api */
const PER_PAGE = 100;
/** There is no way to ask for one digest; those that are waited for are among the newest, which come first. */
const MAX_PAGES = 3;
/** Several images of one repository are asked about at once. What came since is as young as Sluice knows it to be. */
const KEPT_MILLIS = 60_000;
const MAX_KEPT = 100;

/** When each digest came, in milliseconds since the epoch. */
type Versions = ReadonlyMap<string, number>;

/**
 * When GitHub says that its registry took an image: `created_at` of the package's version, of the newest 300. Organisations
 * have all of theirs listed, users the public ones.
 *
 * @see https://docs.github.com/en/rest/packages/packages
 * @returns a clock that throws SluiceError `registry-…`
 */
export function ghcrPushClock(options: GhcrClockOptions): PushClock {
  const { api = 'https://api.github.com', now } = options;
  const packages = new GhcrPackages({ ...options, api });
  const kept = new BoundedMap<string, Promise<Versions>>(MAX_KEPT);
  return {
    async pushedAt(repository, { digest }) {
      const minute = Math.floor(now() / KEPT_MILLIS);
      const versions = kept.getOrMake(`${minute} ${repository}`, async () => packages.versions(repository));
      return (await versions).get(digest);
    },
  };
}

/** The packages of GitHub's container registry. */
class GhcrPackages {
  readonly #api: string;
  readonly #http: RegistryHttp;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ credentials, api }: GhcrClockOptions & { readonly api: string }) {
    this.#api = api;
    this.#http = registryHttp(new URL(api).origin, TIMEOUT_MILLIS);
    this.#headers = { accept: 'application/vnd.github+json', authorization: `Bearer ${credentials.password}` };
  }

  /** @param repository `acme/hello`, or deeper */
  async versions(repository: string): Promise<Versions> {
    const [owner = '', ...rest] = repository.split('/');
    const path = `${encodeURIComponent(owner)}/packages/container/${encodeURIComponent(rest.join('/'))}/versions`;
    const versions = new Map<string, number>();
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const found = await this.#list(`orgs/${path}?per_page=${PER_PAGE}&page=${page}`, versions);
      if (found === undefined) {
        // No organisation has this name.
        await this.#list(`users/${path}`, versions);
      }
      if (found !== PER_PAGE) {
        break;
      }
    }
    return versions;
  }

  /** Adds those of a page, and returns how many they are; undefined where there is no such package. */
  async #list(path: string, versions: Map<string, number>): Promise<number | undefined> {
    const url = new URL(`${this.#api}/${path}`);
    const { status, body } = await this.#http({ url, headers: this.#headers, maxBytes: MAX_BYTES });
    if (status === 404) {
      return undefined;
    }
    if (status !== 200) {
      throw refused(url, status);
    }
    const page = readVersions(url, body);
    for (const { name, created_at: created } of page) {
      const time = isoTime(created);
      if (time !== undefined) {
        versions.set(name, Date.parse(time));
      }
    }
    return page.length;
  }
}

function readVersions(url: URL, body: Buffer): z.infer<typeof versionList> {
  try {
    return versionList.parse(JSON.parse(body.toString('utf8')));
  } catch (cause) {
    throw new SluiceError({
      code: 'registry-reply-invalid',
      subject: `registry ghcr.io (${url.pathname})`,
      expected: 'versions of a package',
      found: 'something else',
      cause,
    });
  }
}

function refused(url: URL, status: number): SluiceError {
  const isDenied = status === 401 || status === 403;
  return new SluiceError({
    code: isDenied ? 'registry-unauthorized' : 'registry-unavailable',
    subject: `registry ghcr.io (${url.pathname})`,
    expected: 'versions of a package',
    found: `status ${status}`,
    status,
    ...(isDenied && { next: 'Give ghcr.io a personal access token (classic) with the scope read:packages.' }),
    retryable: status >= 500 || status === 429,
  });
}
