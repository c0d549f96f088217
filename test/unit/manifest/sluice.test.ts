import { describe, expect, test } from 'vitest';
import { unautomatedReason } from '../../../shared/manifest/dialects/unautomated.ts';
import { scanFile } from '../../../shared/manifest/scan.ts';
import { parsePolicy } from '../../../shared/policy/parse.ts';
import { deployment } from './manifests.ts';

const sitesBeside = (...annotations: readonly string[]) => scanFile('f.yml', deployment('a:1', annotations)).sites;

const TWO = `${deployment('a:1', ['sluice.dev/update.web: semver:~1'])}        - { name: proxy, image: 'b:1' }\n`;

describe('the line of a container', () => {
  test.each([
    'semver:~1.2',
    'semver:>=1.0, <2.0 || ~3; prereleases; pin',
    'semver:*; strict; filter ^v(.*)-alpine$; extract $1',
    'glob:main-*; ignore *-debug, *-rc?',
    'regexp:^v[0-9]+$',
    'alphabetical:asc; filter ^RELEASE',
    'numerical:desc; allow ^[0-9]+$',
    'calver:YYYY.MM.DD-n',
    'newest-build; filter ^main-',
    'latest-created',
    'digest',
    'keel:minor; any-prerelease',
    'keel:force; same-tag',
  ])('%s', (line) => {
    const [site] = sitesBeside(`sluice.dev/update.web: '${line}'`);
    expect(site?.policy).toEqual({ dialect: 'sluice', text: line });
    expect(parsePolicy(site?.policy?.text ?? '').text).toBe(line);
  });

  test('needs no name where there is one container', () => {
    expect(sitesBeside('sluice.dev/update: semver:~1')[0]?.policy).toEqual({ dialect: 'sluice', text: 'semver:~1' });
  });

  test('is of that container alone', () => {
    const [web, proxy] = scanFile('f.yml', TWO).sites;
    expect([web?.policy?.text, proxy?.policy]).toEqual(['semver:~1', undefined]);
  });

  test.each([
    {
      line: 'semver:~1; hold until the migration is done; pin',
      text: 'semver:~1; pin',
      held: 'held: until the migration is done',
    },
    { line: 'semver:~1; hold', text: 'semver:~1', held: 'held' },
    { line: 'glob:hold-*', text: 'glob:hold-*', held: undefined },
  ])('$line', ({ line, text, held }) => {
    expect(sitesBeside(`sluice.dev/update.web: '${line}'`)[0]?.policy).toEqual({ dialect: 'sluice', text, held });
  });
});

describe('a line that governs nothing', () => {
  test('is told where nothing else asks for updates', () => {
    const [site] = sitesBeside('sluice.dev/update.wep: semver:~1');
    expect(site && unautomatedReason(site)).toBe(
      'the annotation sluice.dev/update.wep names no container of the workload; did you mean sluice.dev/update.web?',
    );
  });

  test('holds the others of its workload', () => {
    const [site] = sitesBeside('sluice.dev/update.web: semver:~1', 'sluice.dev/update.database: semver:~2');
    expect(site?.policy?.held).toBe(
      'the annotation sluice.dev/update.database names no container of the workload; it has web',
    );
  });

  test.each([
    { name: 'of Flux v1', other: "fluxcd.io/automated: 'true'", dialect: 'flux-v1' },
    { name: 'of Keel', other: 'keel.sh/policy: all', dialect: 'keel' },
  ])('holds what a policy $name would update', ({ other, dialect }) => {
    const [site] = sitesBeside("sluice.dev/update.wep: 'semver:~1; hold'", other);
    expect(site?.policy?.dialect).toBe(dialect);
    expect(site?.policy?.held).toBe(
      'the annotation sluice.dev/update.wep names no container of the workload; did you mean sluice.dev/update.web?',
    );
  });

  test.each([
    { key: 'sluice.dev/udpate.web', meant: 'sluice.dev/update.web' },
    { key: 'sluice.dev/updates.web', meant: 'sluice.dev/update.web' },
    { key: 'sluice.dev/update-web', meant: 'sluice.dev/update.web' },
    { key: 'sluice.dev/update/web', meant: 'sluice.dev/update.web' },
    { key: 'sluice.dev/Update', meant: 'sluice.dev/update' },
    { key: 'sluise.dev/update.web', meant: 'sluice.dev/update.web' },
    { key: 'sluice.dev/freze', meant: 'sluice.dev/freeze' },
    { key: 'sluice.dev/freeze.web', meant: 'sluice.dev/freeze' },
  ])('$key is told, and holds what another policy would update', ({ key, meant }) => {
    const reason = `the annotation ${key} is unknown; did you mean ${meant}?`;
    const [alone] = sitesBeside(`${key}: 'semver:~1; hold'`);
    expect(alone && unautomatedReason(alone)).toBe(reason);
    const [beside] = sitesBeside(`${key}: 'semver:~1; hold'`, "fluxcd.io/automated: 'true'");
    expect(beside?.policy?.held).toBe(reason);
  });

  test.each([
    'sluice.dev/freeze',
    'sluice.dev/apply',
    'sluice.dev/suspended',
    'example.com/update',
    'sluice.dev/',
    'update',
  ])('%s is no slip of it', (key) => {
    expect(sitesBeside(`${key}: x`, "fluxcd.io/automated: 'true'")[0]?.policy?.held).toBeUndefined();
  });

  test('windows in the pod template, where nothing reads them, hold the workload', () => {
    const text = TWO.replace(
      '  template:',
      '  template:\n    metadata: {annotations: {sluice.dev/freeze: Sat to Sun UTC}}',
    );
    expect(scanFile('f.yml', text).sites[0]?.policy?.held).toBe(
      'sluice.dev/freeze stands in spec.template.metadata.annotations, where nothing reads it; move it to metadata.annotations',
    );
  });

  test('without a name among several containers holds them', () => {
    const sites = scanFile('f.yml', TWO.replace('update.web', 'update')).sites;
    expect(sites.map(({ policy }) => policy?.held)).toEqual(
      Array.from(
        { length: 2 },
        () => 'the annotation sluice.dev/update names none of the containers web, proxy; write sluice.dev/update.web',
      ),
    );
  });
});

test('where several dialects stand beside a site the first decides: Sluice, Flux v1, Keel', () => {
  const all = [
    'keel.sh/policy: minor',
    "fluxcd.io/automated: 'true'",
    'fluxcd.io/tag.web: glob:main-*',
    'sluice.dev/update: semver:~1',
  ];
  expect(sitesBeside(...all)[0]?.policy).toMatchObject({
    dialect: 'sluice',
    text: 'semver:~1',
    overruled: ['flux-v1 glob:main-*', 'keel keel:minor'],
  });
  expect(sitesBeside(...all.slice(0, 3))[0]?.policy).toMatchObject({
    dialect: 'flux-v1',
    overruled: ['keel keel:minor'],
  });
});

describe('a hold of Flux v1 holds beside the line', () => {
  test.each([
    { hold: ['fluxcd.io/locked: "true"', 'fluxcd.io/locked_msg: audit'], held: 'locked: audit' },
    { hold: ['fluxcd.io/automated: "true"', 'fluxcd.io/locked: "true"'], held: 'locked' },
    { hold: ['flux.weave.works/ignore: "true"'], held: 'ignored (ignore: true)' },
    { hold: ['fluxcd.io/ignore: sync_only'], held: undefined },
    { hold: ['fluxcd.io/locked: "false"'], held: undefined },
  ])('$hold', ({ hold, held }) => {
    expect(sitesBeside('sluice.dev/update.web: semver:~1', ...hold)[0]?.policy?.held).toBe(held);
  });
});
