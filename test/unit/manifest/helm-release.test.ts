import { describe, expect, test } from 'vitest';
import { joinFiles } from '../../../shared/manifest/join.ts';
import { readManifest, scanFile } from '../../../shared/manifest/scan.ts';
import { setImage } from '../../../shared/manifest/splice.ts';

/** A HelmRelease of Flux v1 with these annotations and values. */
function release(values: string, annotations: readonly string[] = [], api = 'helm.fluxcd.io/v1'): string {
  return [
    `apiVersion: ${api}`,
    'kind: HelmRelease',
    'metadata:',
    '  name: shop',
    '  annotations:',
    '    fluxcd.io/automated: "true"',
    ...annotations.map((line) => `    ${line}`),
    'spec:',
    '  values:',
    ...values.split('\n').map((line) => `    ${line}`),
    '',
  ].join('\n');
}

const sitesIn = (text: string) => joinFiles([scanFile('shop.yaml', text)]).sites;

describe('images in the values of a HelmRelease', () => {
  test.each([
    { name: 'a text', values: 'image: o/app:1.0', found: ['chart-image', 'spec.values.image', 'o/app:1.0'] },
    {
      name: 'a text and a tag',
      values: 'image: o/app\ntag: "1.0"',
      found: ['chart-image', 'spec.values.tag', 'o/app:1.0'],
    },
    {
      name: 'a text, a tag and a registry',
      values: 'registry: quay.io\nimage: o/app\ntag: v1',
      found: ['chart-image', 'spec.values.tag', 'quay.io/o/app:v1'],
    },
    {
      name: 'a text with a tag, and a registry',
      values: 'registry: quay.io\nimage: o/app:v1',
      found: ['chart-image', 'spec.values.image', 'quay.io/o/app:v1'],
    },
    {
      name: 'a map',
      values: 'image:\n  repository: o/app\n  tag: 1.10',
      found: ['chart-image', 'spec.values.image.tag', 'o/app:1.10'],
    },
    {
      name: 'a map with a whole image',
      values: 'image:\n  repository: o/app:v1',
      found: ['chart-image', 'spec.values.image.repository', 'o/app:v1'],
    },
    {
      name: 'one level down',
      values: 'web:\n  image:\n    registry: quay.io\n    repository: o/app\n    tag: v1',
      found: ['web', 'spec.values.web.image.tag', 'quay.io/o/app:v1'],
    },
    { name: 'no tag yet', values: 'image: o/app\ntag: ""', found: ['chart-image', 'spec.values.tag', 'o/app'] },
  ])('as $name', ({ values, found }) => {
    const [site, ...others] = sitesIn(release(values));
    expect(others).toEqual([]);
    expect([site?.container, site?.path, site?.image]).toEqual(found);
    expect(site).toMatchObject({ object: 'helmrelease/default/shop', policy: { dialect: 'flux-v1', text: 'glob:*' } });
  });

  test('each by its own name, with its own filter', () => {
    const values = 'image: o/a:v1\nweb:\n  image: o/b:v1\njob:\n  schedule: daily\n  deeper:\n    image: o/c:v1';
    const text = release(values, ['fluxcd.io/tag.web: semver:~1', 'filter.fluxcd.io/chart-image: glob:v*']);
    expect(sitesIn(text).map(({ container, image, policy }) => [container, image, policy?.text])).toEqual([
      ['chart-image', 'o/a:v1', 'glob:v*'],
      ['web', 'o/b:v1', 'semver:~1'],
    ]);
  });

  test.each(['flux.weave.works/v1beta1', 'helm.fluxcd.io/v1'])('of %s', (api) => {
    expect(sitesIn(release('image: o/app:v1', [], api))).toHaveLength(1);
  });

  test('are none of Flux v2, which reads no such annotation', () => {
    expect(sitesIn(release('image: o/app:v1', [], 'helm.toolkit.fluxcd.io/v2'))).toEqual([]);
  });
});

describe('annotations that say where an image stands', () => {
  const values = 'image: o/other:v1\napp:\n  main:\n    host: quay.io\n    name: o/app\n    version: v1';

  test.each([
    {
      name: 'all parts of it',
      lines: [
        'repository.fluxcd.io/main: app.main.name',
        'tag.fluxcd.io/main: app.main.version',
        'registry.fluxcd.io/main: app.main.host',
      ],
      found: ['main', 'spec.values.app.main.version', 'quay.io/o/app:v1'],
    },
    {
      name: 'its name and its tag',
      lines: ['repository.fluxcd.io/main: app.main.name', 'tag.fluxcd.io/main: app.main.version'],
      found: ['main', 'spec.values.app.main.version', 'o/app:v1'],
    },
    {
      name: 'what is found by itself, and go before',
      lines: ['repository.fluxcd.io/chart-image: app.main.name', 'tag.fluxcd.io/chart-image: app.main.version'],
      found: ['chart-image', 'spec.values.app.main.version', 'o/app:v1'],
    },
  ])('name $name', ({ lines, found }) => {
    const sites = sitesIn(release(values, lines));
    expect(sites.map(({ container, path, image }) => [container, path, image])).toContainEqual(found);
  });

  test('that lead nowhere are told of', () => {
    const { faults } = scanFile('shop.yaml', release(values, ['repository.fluxcd.io/main: app.mian.name']));
    expect(faults.map(({ message }) => message)).toEqual([
      'shop.yaml:1 helmrelease/default/shop: expected dotted paths to texts below spec.values, found repository.fluxcd.io/main: app.mian.name. Mend it, with tag.fluxcd.io/ and registry.fluxcd.io/ of the same name.',
    ]);
  });
});

describe('setImage writes into the values of a HelmRelease', () => {
  test.each([
    { name: 'a tag', before: 'image: o/app\ntag: v1', image: 'o/app:v2', after: 'image: o/app\ntag: v2' },
    {
      name: 'a tag for a number',
      before: 'image: o/app\ntag: 1.1',
      image: 'o/app:1.20',
      after: 'image: o/app\ntag: "1.20"',
    },
    {
      name: 'a whole image behind a registry',
      before: 'registry: quay.io\nimage: o/app:v1',
      image: 'quay.io/o/app:v2',
      after: 'registry: quay.io\nimage: o/app:v2',
    },
    {
      name: 'a tag where none was',
      before: 'image: o/app\ntag: ""',
      image: 'o/app:v2',
      after: 'image: o/app\ntag: "v2"',
    },
  ])('$name', ({ before, image, after }) => {
    const manifest = readManifest('shop.yaml', release(before));
    const [site] = manifest.scanned.sites;
    expect(site && setImage(manifest, site, image).text).toBe(release(after));
  });

  test('but no digest into a tag: such a policy is held', () => {
    const lines = ['sluice.dev/update.chart-image: "semver:~1; pin"'];
    const [site] = sitesIn(release('image: o/app\ntag: v1', lines));
    expect(site?.policy?.held).toBe('its policy asks for a digest, and what stands there is a tag alone');
    expect(sitesIn(release('image: o/app:v1', lines))[0]?.policy?.held).toBeUndefined();
  });
});
