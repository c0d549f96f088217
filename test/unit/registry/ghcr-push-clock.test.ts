import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ghcrPushClock } from '../../../shared/registry/ghcr-push-clock.ts';
import type { PackageVersion } from '../../doubles/github/package-version.ts';
import { type GitHubDouble, startGitHubDouble } from '../../doubles/github/server.ts';

const NOON = Date.UTC(2026, 10, 24, 12);
const directory = mkdtempSync(join(tmpdir(), 'sluice-ghcr-'));
let github: GitHubDouble;

beforeAll(async () => {
  github = await startGitHubDouble({ directory });
});
afterAll(async () => {
  expect(github.violations).toEqual([]);
  await github.stop();
  rmSync(directory, { recursive: true });
});

const digest = (number: number) => `sha256:${number.toString(16).padStart(64, '0')}`;
/** So many versions, a minute between them, the first at noon. */
const versions = (count: number): readonly PackageVersion[] =>
  Array.from({ length: count }, (_, at) => ({
    id: at + 1,
    digest: digest(at),
    tags: [`1.0.${at}`],
    createdAt: NOON + at * 60_000,
  }));

function clockWith(password = 'read-token') {
  const time = { now: NOON };
  const options = { credentials: { username: 'ci', password }, api: `${github.url}/api/v3`, now: () => time.now };
  const clock = ghcrPushClock(options);
  const pushedAt = async (repository: string, number: number) =>
    clock.pushedAt(repository, { tag: 'latest', digest: digest(number) });
  return { time, pushedAt };
}

describe('GitHub says when a version of a package came', () => {
  test.each([
    { of: 'an organisation', repository: 'acme/hello' },
    { of: 'an organisation, with a slash in its name', repository: 'acme/shop/api' },
    { of: 'a user', repository: 'octocat/hello' },
  ])('of $of', async ({ repository }) => {
    github.packages.set(repository, versions(3));
    expect(await clockWith().pushedAt(repository, 1)).toBe(NOON + 60_000);
  });

  test.each([
    { what: 'a digest that it does not have', repository: 'acme/hello', number: 99 },
    { what: 'a package that it does not have', repository: 'acme/unknown', number: 1 },
    { what: 'an owner that it does not have', repository: 'nobody/hello', number: 1 },
  ])('and nothing of $what', async ({ repository, number }) => {
    github.packages.set('acme/hello', versions(3));
    expect(await clockWith().pushedAt(repository, number)).toBeUndefined();
  });

  test('of the newest 300, which are on three pages', async () => {
    github.packages.set('acme/many', versions(350));
    const { pushedAt } = clockWith();
    const before = github.requests.length;
    expect(await Promise.all([349, 50, 49].map(async (one) => pushedAt('acme/many', one)))).toEqual([
      NOON + 349 * 60_000,
      NOON + 50 * 60_000,
      undefined,
    ]);
    expect(github.requests.slice(before)).toHaveLength(3);
  });

  test('and is asked again after a minute', async () => {
    github.packages.set('acme/hello', versions(1));
    const { time, pushedAt } = clockWith();
    await pushedAt('acme/hello', 0);
    github.packages.set('acme/hello', versions(2));
    expect(await pushedAt('acme/hello', 1)).toBeUndefined();
    time.now += 60_000;
    expect(await pushedAt('acme/hello', 1)).toBe(NOON + 60_000);
  });
});

describe('a refusal', () => {
  test('of a token that is not good says which one is', async () => {
    await expect(clockWith('another').pushedAt('acme/hello', 0)).rejects.toMatchObject({
      code: 'registry-unauthorized',
      next: 'Give ghcr.io a personal access token (classic) with the scope read:packages.',
    });
  });

  test.each([
    { status: 403, is: { code: 'registry-unauthorized', retryable: false } },
    { status: 429, is: { code: 'registry-unavailable', retryable: true } },
    { status: 502, is: { code: 'registry-unavailable', retryable: true } },
  ])('with $status is no time', async ({ status, is }) => {
    github.plan = () => ({ kind: 'status', status });
    await expect(clockWith().pushedAt('acme/hello', 0)).rejects.toMatchObject(is);
    github.plan = () => undefined;
  });
});
