import { describe, expect, test } from 'vitest';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { siteReader } from '../../../shared/decision/site-reader.ts';
import { SluiceError } from '../../../shared/errors.ts';
import { type Finding, runChecks } from '../../../shared/operator/finding.ts';
import { registryChecks } from '../../../shared/operator/registry-checks.ts';
import { readingChecks } from '../../../shared/operator/site-checks.ts';
import type { Registry } from '../../../shared/registry/port.ts';
import { fluxPolicy, helmRelease } from '../../fakes/flux-v2.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryGitHost, watched } from '../../fakes/memory-git-host.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';
import { recordingLog } from '../../fakes/recording.ts';

const HOST = 'registry.example.com';
const IMAGE = `${HOST}/hello`;
const AT = '2026-11-23T10:00:00.000Z';
const REPOSITORY = 'repository https://git.example.com/hello.git (main)';
const LOCKED = '    fluxcd.io/locked: "true"\n    fluxcd.io/locked_user: ada\n';

/** A Deployment of this name. */
const named = (name: string, text: string) =>
  text.replace('name: hello\n  annotations', `name: ${name}\n  annotations`);
const without = (text: string) => text.replaceAll('fluxcd.io/', 'example.com/');

function stage(files: Readonly<Record<string, string>>) {
  const { log } = recordingLog();
  return { repositories: [watched(memoryGitHost(files))], readSites: siteReader({ cache: memoryCache(), log }) };
}

async function readingFindings(files: Readonly<Record<string, string>>): Promise<readonly Finding[]> {
  const { repositories, readSites } = stage(files);
  return runChecks(readingChecks(repositories, readSites, [HOST], Date.now));
}

async function registryFindings(
  files: Readonly<Record<string, string>>,
  registry: Registry,
): Promise<readonly Finding[]> {
  const { repositories, readSites } = stage(files);
  return runChecks(registryChecks([HOST], () => registry, repositories, readSites));
}

describe('policies that stand elsewhere', () => {
  test('a marker without one is named, and what does not count of an object', async () => {
    const findings = await readingFindings({
      'a.yml': helmRelease('1.0.0').replaceAll('flux-system:app', 'flux-system:ap'),
      'b.yml': helmRelease('1.0.0').replaceAll('registry.example.com/app', IMAGE),
      'flux.yml': fluxPolicy({ image: IMAGE, spec: 'digestReflectionPolicy: Always, interval: 5m, ' }),
    });
    expect(findings).toEqual([
      { status: 'ok', subject: REPOSITORY, found: expect.stringContaining('1 image in its manifests: 1 automated') },
      {
        status: 'warning',
        subject: 'policies elsewhere',
        found:
          'a.yml:10 helmrelease/shop/web: the marker names ImagePolicy flux-system/ap, which no file that is read declares; did you mean flux-system/app?',
        next: 'These images are not updated: mend the marker, or declare its policy below the paths in sluice.yml.',
      },
      {
        status: 'ok',
        subject: 'policies elsewhere',
        found:
          'the interval of imagepolicy/flux-system/app does not count: a push tells of a new digest, and sweep finds what no push told',
      },
    ]);
  });
});

describe('what a repository asks for is counted', () => {
  test('images that are automated, held, and without a policy', async () => {
    const one = deployment(`${IMAGE}:1.0.0`, 'semver:~1');
    const findings = await readingFindings({
      'a.yml': named('a', one),
      'b.yml': named('b', one),
      'c.yml': named('c', deployment(`${IMAGE}:1.0.0`, 'semver:~1', LOCKED)),
      'd.yml': without(named('d', one)),
    });
    expect(findings).toEqual([
      {
        status: 'ok',
        subject: REPOSITORY,
        found: expect.stringMatching(
          /^read at [0-9a-f]{7}, 4 images in its manifests: 2 automated, 1 held, 1 without a policy$/,
        ),
      },
      { status: 'ok', subject: 'held', found: 'deployment/default/c container hello (locked by ada)' },
    ]);
  });

  test('what is frozen counts as held, with until when', async () => {
    const findings = await readingFindings({
      'a.yml': deployment(`${IMAGE}:1.0.0`, 'semver:~1'),
      '.sluice/freeze.yml': '- { reason: incident 42, until: 3000-01-01T00:00:00Z }\n',
    });
    expect(findings).toEqual([
      { status: 'ok', subject: REPOSITORY, found: expect.stringContaining('0 automated, 1 held, 0 without a policy') },
      {
        status: 'ok',
        subject: 'held',
        found:
          'deployment/default/hello container hello (frozen in .sluice/freeze.yml: incident 42, until 3000-01-01T00:00:00.000Z)',
      },
    ]);
  });

  test('where all that has a policy is held, no further policy is asked for', async () => {
    const locked = '    fluxcd.io/locked: "true"\n';
    expect(await readingFindings({ 'a.yml': deployment(`${IMAGE}:1.0.0`, 'semver:~1', locked) })).toEqual([
      { status: 'ok', subject: REPOSITORY, found: expect.stringContaining('0 automated, 1 held, 0 without a policy') },
      { status: 'ok', subject: 'held', found: expect.stringContaining('locked') },
    ]);
  });

  test.each([
    { what: 'a file of freezes that cannot be read', files: { '.sluice/freeze.yml': 'freezes: [' } },
    {
      what: 'a window that is none',
      files: { 'a.yml': deployment(`${IMAGE}:1.0.0`, 'semver:~1', '    sluice.dev/freeze: Sat to Sun\n') },
    },
    {
      what: 'a name that is nearly one of ours',
      files: { 'a.yml': deployment(`${IMAGE}:1.0.0`, 'semver:~1', '    sluice.dev/udpate.hello: semver:~2\n') },
    },
  ])('$what holds, as a warning', async ({ files }) => {
    const findings = await readingFindings({ 'a.yml': deployment(`${IMAGE}:1.0.0`, 'semver:~1'), ...files });
    expect(findings).toContainEqual({
      status: 'warning',
      subject: 'held',
      found: expect.stringMatching(/^deployment\/default\/hello container hello \(.*(?:expected|did you mean)/),
      next: 'Mend what is written there.',
    });
  });

  test('none at all, or none that is automated, is a warning', async () => {
    expect(await readingFindings({ 'a.yml': 'kind: ConfigMap\n' })).toMatchObject([
      { status: 'warning', found: expect.stringContaining('0 images'), next: 'Check its paths in sluice.yml.' },
    ]);
    expect(await readingFindings({ 'a.yml': without(deployment(`${IMAGE}:1`, 'x')) })).toMatchObject([
      {
        status: 'warning',
        found: expect.stringContaining('0 automated, 0 held, 1 without a policy'),
        next: 'Write a policy beside one, like sluice.dev/update: semver:~1 in metadata.annotations of its workload.',
      },
    ]);
  });

  test('policies of two tools beside one container are a warning, with the one that counts', async () => {
    const text = deployment(`${IMAGE}:1.0.0`, 'semver:~1', '    keel.sh/policy: minor\n');
    expect(await readingFindings({ 'a.yml': text })).toContainEqual({
      status: 'warning',
      subject: 'overruled',
      found: 'deployment/default/hello container hello (flux-v1 semver:~1, not keel keel:minor)',
      next: 'Take away the ones that do not count.',
    });
  });

  test('filters that cannot be read are named, with what was perhaps meant', async () => {
    const files = ['a', 'b', 'c', 'd', 'e'].map((name) => [
      `${name}.yml`,
      named(name, deployment(`${IMAGE}:1.0.0`, name === 'a' ? '~1.0' : "'regexp:('")),
    ]);
    const [, first, second, third, rest, ...others] = await readingFindings(Object.fromEntries(files));
    expect(first).toMatchObject({
      status: 'warning',
      subject: 'deployment/default/a container hello',
      found: expect.stringMatching(/^policy ~1\.0: expected a glob .*, found "~", which no tag has$/),
      next: 'Did you mean semver:~1.0?',
    });
    expect(second).toMatchObject({ subject: 'deployment/default/b container hello', next: 'Mend it in b.yml.' });
    expect([third?.subject, others]).toEqual(['deployment/default/c container hello', []]);
    expect(rest).toEqual({ status: 'warning', subject: 'policies', found: '2 more that cannot be read' });
  });

  test('files that cannot be read are named', async () => {
    const findings = await readingFindings({
      'a.yml': deployment(`${IMAGE}:1.0.0`, 'semver:~1'),
      'b.yml': 'image: \0',
      'c.yml': 'image: [',
    });
    expect(findings.slice(1)).toEqual([
      {
        status: 'warning',
        subject: 'skipped',
        found: expect.stringMatching(
          /^2 files or documents cannot be read; b\.yml: binary, or UTF-16: save it as UTF-8, c\.yml:1: expected YAML, found .+/,
        ),
        next: 'Images there are not updated.',
      },
    ]);
  });

  test('registries that are not configured are named with their images', async () => {
    const findings = await readingFindings({
      'a.yml': named('a', deployment(`${IMAGE}:1.0.0`, 'semver:~1')),
      'b.yml': named('b', deployment('ghcr.io/team/web:1.0.0', 'semver:~1')),
      'c.yml': without(named('c', deployment('ghcr.io/team/job:1.0.0', 'semver:~1'))),
      'd.yml': without(named('d', deployment('redis:7', 'x'))),
    });
    expect(findings.slice(1)).toEqual([
      {
        status: 'warning',
        subject: 'registry ghcr.io',
        found: 'is not configured; 2 images of it, 1 automated',
        next: 'Add ghcr.io under registries in sluice.yml: nothing updates its images.',
      },
      { status: 'ok', subject: 'registry docker.io', found: 'is not configured; 1 image of it, 0 automated' },
    ]);
  });
});

describe('a registry is asked for all images that manifests name', () => {
  const files = Object.fromEntries(
    ['1.0.0', '1.0.1', '1.0.2', '1.0.3', '1.0.4'].map((tag, index) => [
      `${index}.yml`,
      named(`d-${index}`, deployment(`${IMAGE}:${tag}`, 'semver:~1')),
    ]),
  );
  const all = { '1.0.0': AT, '1.0.1': AT, '1.0.2': AT, '1.0.3': AT, '1.0.4': AT };

  test('each once, not three only', async () => {
    const registry = memoryRegistry(all);
    const twice = { ...files, 'again.yml': named('again', deployment(`${IMAGE}:1.0.0`, 'semver:~1')) };
    expect(await registryFindings(twice, registry)).toEqual([
      { status: 'ok', subject: `registry ${HOST}`, found: 'has 5 images that manifests name' },
    ]);
    expect(registry.asked.toSorted()).toEqual(Object.keys(all));
  });

  test('what it lacks is named', async () => {
    const { '1.0.3': _, ...others } = all;
    expect(await registryFindings(files, memoryRegistry(others))).toEqual([
      {
        status: 'warning',
        subject: `registry ${HOST}`,
        found: `lacks 1 of 5 images that manifests name: ${IMAGE}:1.0.3`,
        next: 'Push what is missing, or name another in the manifest: no pod starts from it.',
      },
    ]);
  });

  test('a policy that follows the tag that stands there has its tag', async () => {
    const other = { ...files, 'other.yml': named('other', deployment(`${IMAGE}:1.0.0`, 'digest')) };
    expect(await registryFindings(other, memoryRegistry(all))).toHaveLength(1);
  });

  test('filters that no tag of it passes are named', async () => {
    const other = { ...files, 'other.yml': named('other', deployment(`${IMAGE}:1.0.0`, 'semver:~2')) };
    expect((await registryFindings(other, memoryRegistry(all))).slice(1)).toEqual([
      {
        status: 'warning',
        subject: `registry ${HOST}`,
        found: 'no tag passes the filter of deployment/default/other container hello (semver:~2)',
        next: 'Mend the filter, or push a tag that passes it.',
      },
    ]);
  });

  test('one that does not let us in is a failure', async () => {
    const refused = new SluiceError({
      code: 'registry-unauthorized',
      subject: `registry ${HOST}`,
      found: 'status 401',
    });
    const registry = { ...memoryRegistry(all), image: async () => Promise.reject(refused) };
    expect(await registryFindings(files, registry)).toEqual([
      { status: 'failure', subject: `registry ${HOST}`, found: 'status 401', next: undefined },
    ]);
  });
});
