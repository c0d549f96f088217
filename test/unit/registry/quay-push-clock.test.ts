import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { listenOnLoopback } from '../../../infra/local/loopback.ts';
import { quayPushClock } from '../../../shared/registry/quay-push-clock.ts';

const digest = (digit: number) => `sha256:${`${digit}`.repeat(64)}`;
const VERSION = { tag: '1.0.0', digest: digest(1) };
const NOON_SECONDS = Date.UTC(2026, 10, 24, 12) / 1000;

/**
 * A tag as Quay tells of it.
 *
 * @see https://github.com/quay/quay/blob/master/endpoints/api/tag.py (_tag_dict)
 */
const tag = (name: string, manifestDigest: string, startTs?: number) => ({
  name,
  reversion: false,
  ...(startTs === undefined ? {} : { start_ts: startTs, last_modified: new Date(startTs * 1000).toUTCString() }),
  manifest_digest: manifestDigest,
  is_manifest_list: true,
  size: null,
});

/** A Quay of one repository, `acme/hello`, which answers so. */
async function quay(status: number, body: unknown) {
  const asked: string[] = [];
  const server = createServer(({ url = '', headers }, response) => {
    asked.push(`${url}${headers.authorization === undefined ? '' : ' with a token'}`);
    const isThere = url.startsWith('/api/v1/repository/acme/hello/tag/?');
    response.writeHead(isThere ? status : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  const { host, close } = await listenOnLoopback(server, 0);
  onTestFinished(close);
  return { asked, clock: quayPushClock(`http://${host}`) };
}

const answer = (...tags: readonly unknown[]) => ({ tags, page: 1, has_additional: false });

test('Quay is asked for the tag that is active, without a token', async () => {
  const { asked, clock } = await quay(200, answer(tag('1.0.0', digest(1), NOON_SECONDS)));
  expect(await clock.pushedAt('acme/hello', VERSION)).toBe(NOON_SECONDS * 1000);
  expect(asked).toEqual(['/api/v1/repository/acme/hello/tag/?specificTag=1.0.0&onlyActiveTags=true']);
});

test.each([
  { what: 'another digest: the tag was moved', body: answer(tag('1.0.0', digest(2), NOON_SECONDS)) },
  { what: 'another tag', body: answer(tag('1.0.0-rc', digest(1), NOON_SECONDS)) },
  { what: 'no time', body: answer(tag('1.0.0', digest(1))) },
  { what: 'no tag', body: answer() },
])('an answer with $what says no time', async ({ body }) => {
  const { clock } = await quay(200, body);
  expect(await clock.pushedAt('acme/hello', VERSION)).toBeUndefined();
});

test('a repository that it does not have has no time', async () => {
  const { clock } = await quay(200, answer());
  expect(await clock.pushedAt('acme/other', VERSION)).toBeUndefined();
});

describe('a refusal', () => {
  test.each([
    { status: 401, is: { code: 'registry-unauthorized', next: 'Only of public repositories does Quay say it.' } },
    { status: 429, is: { code: 'registry-unavailable', retryable: true } },
    { status: 500, is: { code: 'registry-unavailable', retryable: true } },
  ])('with $status', async ({ status, is }) => {
    const { clock } = await quay(status, { error: 'no' });
    await expect(clock.pushedAt('acme/hello', VERSION)).rejects.toMatchObject(is);
  });

  test('by what is no answer of Quay', async () => {
    const { clock } = await quay(200, { tags: 'none' });
    await expect(clock.pushedAt('acme/hello', VERSION)).rejects.toMatchObject({ code: 'registry-reply-invalid' });
  });
});
