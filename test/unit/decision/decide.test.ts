import { describe, expect, test } from 'vitest';
import { decide } from '../../../shared/decision/decide.ts';
import type { TagLookup } from '../../../shared/decision/tag-lookup.ts';
import { SluiceError } from '../../../shared/errors.ts';
import { scanFile } from '../../../shared/manifest/scan.ts';
import type { Site } from '../../../shared/manifest/site.ts';
import { deployment } from '../../fakes/manifests.ts';

const IMAGE = 'registry.example.com/hello';
const DAY = (day: number) => `2026-11-0${day}T00:00:00.000Z`;
const digestOf = (content: string) => `sha256:${Buffer.from(content).toString('hex').padEnd(64, '0')}`;

interface Pushed {
  /** Tags of the same content have the same digest. */
  readonly content?: string;
  readonly created?: string;
  readonly notAnImage?: string;
}

function siteOf(image: string, filter: string): Site {
  const [site] = scanFile('deploy.yml', deployment(image, filter)).sites;
  if (site === undefined) {
    throw new Error('expected a site');
  }
  return site;
}

/** A registry with these tags, and what was asked of it. */
function lookUpIn(tags: Readonly<Record<string, Pushed>>): TagLookup & { readonly asked: readonly string[] } {
  const asked: string[] = [];
  const all = Object.entries(tags).map(([tag, { content = tag, created, notAnImage }]) => {
    return { tag, digest: digestOf(content), created, notAnImage };
  });
  return {
    asked,
    async facts(reference, { created }) {
      asked.push(reference);
      const found = all.find(({ tag, digest }) => tag === reference || digest === reference);
      if (found === undefined) {
        throw new SluiceError({ code: 'registry-not-found', subject: `${IMAGE}:${reference}`, found: 'none' });
      }
      return { tag: reference, digest: found.digest, ...(created ? { created: found.created } : {}) };
    },
    firstSeen: async () => ({ at: Date.parse(DAY(1)), youngUntil: undefined }),
    async notAnImage(digest) {
      return all.find((one) => one.digest === digest)?.notAnImage;
    },
    async tags() {
      asked.push('all tags');
      return Object.keys(tags);
    },
  };
}

const CHART = 'a config of type application/vnd.cncf.helm.config.v1+json';
const NO_IMAGE = (tag: string) => `tag ${tag} names no image that a container can run from: its manifest has ${CHART}`;

describe('what is no image is never set', () => {
  test.each([
    { by: 'a version', current: '1.0.0', filter: 'semver:~1', tag: '1.1.0' },
    { by: 'a glob', current: '1.0.0', filter: 'glob:*', tag: '1.1.0' },
    { by: 'a regular expression', current: '1.0.0', filter: 'regexp:^1', tag: '1.1.0' },
  ])('by $by', async ({ current, filter, tag }) => {
    const lookUp = lookUpIn({ '1.0.0': { created: DAY(1) }, '1.1.0': { notAnImage: CHART } });
    expect(await decide(siteOf(`${IMAGE}:${current}`, filter), tag, lookUp)).toEqual({
      action: 'keep',
      because: 'no-image',
      reason: NO_IMAGE(tag),
    });
  });

  test('the next best is, where all tags are chosen among', async () => {
    const lookUp = lookUpIn({
      '1.0.0': {},
      '1.1.0': {},
      '1.2.0': { notAnImage: CHART },
      '1.3.0': { notAnImage: CHART },
    });
    expect(await decide(siteOf(`${IMAGE}:latest`, 'semver:~1'), '1.0.0', lookUp)).toMatchObject({
      action: 'update',
      to: { tag: '1.1.0' },
    });
  });
});

describe('where what stands there has no rank, the best of all tags is chosen, whatever was pushed', () => {
  const versions = { '1.8.4': {}, '1.8.5': {}, '2.3.0': {}, main: {}, latest: { content: 'main' } };
  test.each([
    { stands: 'latest', image: `${IMAGE}:latest` },
    { stands: 'no tag', image: IMAGE },
    { stands: 'a digest alone', image: `${IMAGE}@${digestOf('main')}` },
    { stands: 'a digest that is gone', image: `${IMAGE}@${digestOf('gone')}` },
    { stands: 'a branch', image: `${IMAGE}:main` },
    { stands: 'a tag that is not there', image: `${IMAGE}:to-be-set` },
  ])('$stands: 2.3.0, though 1.8.5 was pushed', async ({ image }) => {
    const lookUp = lookUpIn(versions);
    expect(await decide(siteOf(image, 'semver:*'), '1.8.5', lookUp)).toMatchObject({
      action: 'update',
      to: { tag: '2.3.0', digest: digestOf('2.3.0') },
    });
    expect(lookUp.asked.filter((one) => one === 'all tags')).toHaveLength(1);
  });

  test('a tag that is blocked is not the best', async () => {
    const isBlocked = (tag: string) => tag === '2.3.0';
    const decision = await decide(siteOf(`${IMAGE}:latest`, 'semver:*'), '1.8.4', lookUpIn(versions), { isBlocked });
    expect(decision).toMatchObject({ action: 'update', to: { tag: '1.8.5' } });
  });

  test.each([
    { stands: 'latest', image: `${IMAGE}:latest`, name: 'latest' },
    { stands: 'no tag', image: IMAGE, name: 'latest' },
    { stands: 'a digest alone', image: `${IMAGE}@${digestOf('2.3.0')}`, name: digestOf('2.3.0') },
    { stands: 'a name of its own', image: `${IMAGE}:stable`, name: 'stable' },
  ])('$stands that is a version above the range stays', async ({ image, name }) => {
    const lookUp = lookUpIn({ '1.8.5': {}, '2.3.0': {}, latest: { content: '2.3.0' }, stable: { content: '2.3.0' } });
    expect(await decide(siteOf(image, 'semver:~1'), '1.8.5', lookUp)).toEqual({
      action: 'keep',
      because: 'not-newer',
      reason: `the current ${name} is 2.3.0, which semver:~1 ranks above 1.8.5`,
    });
  });

  test('by age too: a branch that the filter leaves out is replaced by the youngest', async () => {
    const lookUp = lookUpIn({ main: { created: DAY(9) }, 'r-1': { created: DAY(1) }, 'r-2': { created: DAY(2) } });
    expect(await decide(siteOf(`${IMAGE}:main`, 'glob:r-*'), 'r-1', lookUp)).toMatchObject({
      action: 'update',
      to: { tag: 'r-2' },
    });
  });

  test('what has a rank costs no list', async () => {
    const lookUp = lookUpIn(versions);
    await decide(siteOf(`${IMAGE}:1.8.4`, 'semver:*'), '1.8.5', lookUp);
    expect(lookUp.asked).toEqual(['1.8.5']);
  });
});

describe('the reason tells of what was not chosen, and why', () => {
  const notFound = (tag: string) => tag === '1.0.2';
  test.each<{
    what: string;
    image: string;
    filter: string;
    tags: Readonly<Record<string, Pushed>>;
    isBlocked?: (tag: string) => boolean;
    reason: string;
  }>([
    {
      what: 'the only match is blocked',
      image: `${IMAGE}:main`,
      filter: 'semver:~1.0',
      tags: { main: {}, '1.0.2': {} },
      isBlocked: notFound,
      reason: 'no tag that passes semver:~1.0 may be set (2 tags seen, 1 match, 1 blocked)',
    },
    {
      what: 'the only match is a chart',
      image: `${IMAGE}:main`,
      filter: 'semver:~1.0',
      tags: { main: {}, '1.0.2': { notAnImage: CHART } },
      reason: 'no tag that passes semver:~1.0 may be set (2 tags seen, 1 match, 1 no image)',
    },
    {
      what: 'the best is blocked, the second a chart',
      image: IMAGE,
      filter: 'semver:~1.0',
      tags: { main: {}, '1.0.0': {}, '1.0.1': { notAnImage: CHART }, '1.0.2': {} },
      isBlocked: notFound,
      reason:
        '1.0.0 is the best match for semver:~1.0, and the registry has no image for what stands there ' +
        '(4 tags seen, 3 match, 1 blocked, 1 no image)',
    },
  ])('$what', async ({ image, filter, tags, isBlocked, reason }) => {
    const options = isBlocked === undefined ? {} : { isBlocked };
    const pushed = isBlocked === undefined ? '1.0.2' : 'main';
    const decision = await decide(siteOf(image, filter), pushed, lookUpIn(tags), { ...options, hasOtherTags: true });
    expect(decision).toMatchObject({ reason });
  });
});

describe('by age, what says no version is looked up, and nothing moves down', () => {
  const tags = {
    old: { created: DAY(1) },
    now: { created: DAY(2) },
    latest: { content: 'now', created: DAY(2) },
    next: { created: DAY(3) },
  };
  test.each([
    { stands: 'latest', image: `${IMAGE}:latest` },
    { stands: 'no tag', image: IMAGE },
    { stands: 'a digest alone', image: `${IMAGE}@${digestOf('now')}` },
  ])('$stands: older is kept out, newer is taken', async ({ image }) => {
    const site = siteOf(image, 'glob:*');
    expect(await decide(site, 'old', lookUpIn(tags))).toMatchObject({ action: 'keep', because: 'not-newer' });
    expect(await decide(site, 'next', lookUpIn(tags))).toMatchObject({ action: 'update', to: { tag: 'next' } });
  });

  test.each([
    { stands: 'latest', image: `${IMAGE}:latest` },
    { stands: 'no tag', image: IMAGE },
  ])('$stands gets the name of its own image', async ({ image }) => {
    expect(await decide(siteOf(image, 'glob:*'), 'now', lookUpIn(tags))).toMatchObject({
      action: 'update',
      to: { tag: 'now', digest: digestOf('now') },
      reason: 'now passes glob:* and names the image that the current latest points to',
    });
  });

  test.each([
    { stands: 'latest that the registry does not have', image: `${IMAGE}:latest` },
    { stands: 'no tag, and the registry has no latest', image: IMAGE },
    { stands: 'a signature that was once deployed', image: `${IMAGE}:sha256-${'a'.repeat(64)}.sig` },
    { stands: 'a chart that was once deployed', image: `${IMAGE}:chart` },
  ])('$stands: the youngest of all is taken', async ({ image }) => {
    const lookUp = lookUpIn({ old: { created: DAY(1) }, now: { created: DAY(2) }, chart: { notAnImage: CHART } });
    expect(await decide(siteOf(image, 'glob:*'), 'old', lookUp)).toMatchObject({
      action: 'update',
      to: { tag: 'now' },
    });
  });
});

describe('images that do not say when they were built stay where they are', () => {
  const EPOCH = '1970-01-01T00:00:00Z';
  test.each([
    {
      what: 'neither says',
      tags: { a: { created: EPOCH }, b: { created: EPOCH } },
      reason:
        'tag b passes glob:*, but its image does not say when built: ' +
        'give it the label org.opencontainers.image.created, or rank it by semver',
    },
    {
      what: 'the pushed one does not',
      tags: { a: { created: DAY(1) }, b: {} },
      reason:
        'tag b passes glob:*, but its image does not say when built: ' +
        'give it the label org.opencontainers.image.created, or rank it by semver',
    },
    {
      what: 'the current one does not',
      tags: { a: { created: '0001-01-01T00:00:00Z' }, b: { created: DAY(1) } },
      reason:
        'b passes glob:*, but the current a does not say when it was built, so that it might be the newer one: ' +
        'set b by hand once',
    },
    {
      what: 'the current one left the registry',
      tags: { b: { created: DAY(1) } },
      reason:
        'b passes glob:*, but the current a is not in the registry, so that it might be the newer one: ' +
        'set b by hand once',
    },
  ])('$what', async ({ tags, reason }) => {
    expect(await decide(siteOf(`${IMAGE}:a`, 'glob:*'), 'b', lookUpIn(tags))).toEqual({
      action: 'keep',
      because: 'unknown-age',
      reason,
    });
  });
});
