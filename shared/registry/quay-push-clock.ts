import * as z from '../schema.ts';
import { ClockApi } from './clock-api.ts';
import type { PushClock } from './push-clock.ts';

/** A time is in seconds since the epoch. */
const tagList = z.object({
  tags: z.array(
    z.object({ name: z.string(), manifest_digest: z.nullish(z.string()), start_ts: z.nullish(z.number()) }),
  ),
});

/**
 * When Quay says that a tag began to point to an image: by then it was there. Without a token, and so of public
 * repositories: Quay's API takes none of those that its registry takes.
 *
 * @param api `https://quay.io` where it is left out
 * @see https://docs.quay.io/api/swagger/ (listRepoTags)
 * @returns a clock that throws SluiceError `registry-…`
 */
export function quayPushClock(api = 'https://quay.io'): PushClock {
  const quay = new ClockApi({
    host: 'quay.io',
    base: `${api}/api/v1`,
    next: 'Only of public repositories does Quay say it.',
  });
  return {
    async pushedAt(repository, { tag, digest }) {
      const path = repository.split('/').map(encodeURIComponent).join('/');
      // Of the history of the tag, what it points to now.
      const query = new URLSearchParams({ specificTag: tag, onlyActiveTags: 'true' });
      const found = await quay.get(`repository/${path}/tag/?${query.toString()}`, tagList);
      const active = found?.tags.find((one) => one.name === tag && one.manifest_digest === digest);
      return typeof active?.start_ts === 'number' ? active.start_ts * 1000 : undefined;
    },
  };
}
