import { BoundedMap } from '../policy/bounded-map.ts';
import * as z from '../schema.ts';
import { isoTime } from '../time.ts';
import type { RegistryCredentials } from './authentication.ts';
import { ClockApi } from './clock-api.ts';
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
export function ghcrPushClock({ credentials, now, api = 'https://api.github.com' }: GhcrClockOptions): PushClock {
  const github = new ClockApi({
    host: 'ghcr.io',
    base: api,
    headers: { accept: 'application/vnd.github+json', authorization: `Bearer ${credentials.password}` },
    next: 'Give ghcr.io a personal access token (classic) with the scope read:packages.',
  });
  const kept = new BoundedMap<string, Promise<Versions>>(MAX_KEPT);
  return {
    async pushedAt(repository, { digest }) {
      const minute = Math.floor(now() / KEPT_MILLIS);
      const versions = kept.getOrMake(`${minute} ${repository}`, async () => versionsOf(repository, github));
      return (await versions).get(digest);
    },
  };
}

/** @param repository `acme/hello`, or deeper */
async function versionsOf(repository: string, github: ClockApi): Promise<Versions> {
  const [owner = '', ...rest] = repository.split('/');
  const path = `${encodeURIComponent(owner)}/packages/container/${encodeURIComponent(rest.join('/'))}/versions`;
  const found: z.infer<typeof versionList> = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const some = await github.get(`orgs/${path}?per_page=${PER_PAGE}&page=${page}`, versionList);
    // Where no organisation has the name, a user has.
    found.push(...(some ?? (await github.get(`users/${path}`, versionList)) ?? []));
    if (some?.length !== PER_PAGE) {
      break;
    }
  }
  return new Map(
    found.flatMap(({ name, created_at: created }) => {
      const time = isoTime(created);
      return time === undefined ? [] : [[name, Date.parse(time)]];
    }),
  );
}
