import { describe, expect, test } from 'vitest';
import { joinFiles } from '../../../shared/manifest/join.ts';
import { findSite, scanFile } from '../../../shared/manifest/scan.ts';
import { deployment, WORKLOADS } from './manifests.ts';

const NOTHING = { sites: [], marked: [], declarations: [], unread: [] };

describe('a site', () => {
  test('says where its image stands and what governs it', () => {
    const text = `# web\n${deployment('"registry.example.com/web:1.0" # the web', ["fluxcd.io/automated: 'true'"])}`;
    const { sites, faults } = scanFile('k8s/web.yml', text);
    expect(faults).toEqual([]);
    expect(sites).toEqual([
      {
        file: 'k8s/web.yml',
        object: 'deployment/default/web',
        container: 'web',
        path: 'spec.template.spec.containers[0].image',
        image: 'registry.example.com/web:1.0',
        range: [text.indexOf('"registry'), text.indexOf(' # the web')],
        line: 13,
        policy: { dialect: 'flux-v1', text: 'glob:*', held: undefined, unwritten: 'fluxcd.io/tag.web' },
      },
    ]);
  });

  test.each(Object.entries(WORKLOADS).map(([kind, podSpec]) => ({ kind, podSpec })))(
    'of a $kind',
    ({ kind, podSpec }) => {
      const pod: unknown = {
        initContainers: [{ name: 'migrate', image: 'migrate:1' }],
        containers: [
          { name: 'web', image: 'web:1' },
          { name: 'proxy', image: 'proxy:1' },
        ],
      };
      const spec = podSpec.reduceRight((inner, key) => ({ [key]: inner }), pod);
      const metadata = { name: 'web', namespace: 'shop', annotations: { 'fluxcd.io/automated': 'true' } };
      const { sites } = scanFile('web.json', JSON.stringify({ kind, metadata, ...(spec as object) }));
      const at = podSpec.join('.');
      expect(
        sites.map(({ object, container, path, image, policy }) => [object, container, path, image, policy?.text]),
      ).toEqual([
        [`${kind.toLowerCase()}/shop/web`, 'migrate', `${at}.initContainers[0].image`, 'migrate:1', 'glob:*'],
        [`${kind.toLowerCase()}/shop/web`, 'web', `${at}.containers[0].image`, 'web:1', 'glob:*'],
        [`${kind.toLowerCase()}/shop/web`, 'proxy', `${at}.containers[1].image`, 'proxy:1', 'glob:*'],
      ]);
    },
  );

  const pod = (name: string, image: string) =>
    `{kind: Pod, metadata: {name: ${name}}, spec: {containers: [{name: c, image: "${image}"}]}}`;
  test.each([
    { name: 'documents', text: `${pod('a', 'a:1')}\n---\n# nothing\n---\n${pod('b', 'b:1')}\n`, paths: ['', ''] },
    {
      name: 'a list',
      text: `kind: List\nitems:\n- ${pod('a', 'a:1')}\n- ${pod('b', 'b:1')}\n`,
      paths: ['items[0].', 'items[1].'],
    },
    {
      name: 'a list of one kind',
      text: `kind: PodList\nitems: [${pod('a', 'a:1')}, ${pod('b', 'b:1')}]`,
      paths: ['items[0].', 'items[1].'],
    },
    {
      name: 'a list in a list',
      text: `kind: List\nitems: [{kind: List, items: [${pod('a', 'a:1')}]}, ${pod('b', 'b:1')}]`,
      paths: ['items[0].items[0].', 'items[1].'],
    },
    {
      name: 'YAML 1.1',
      text: `%YAML 1.1\n---\n<<: {kind: Pod, metadata: {name: a}}\nspec: {containers: [{name: c, image: "a:1"}]}\n---\n${pod('b', 'b:1')}`,
      paths: ['', ''],
    },
    {
      name: 'a file with a byte-order mark',
      text: `\uFEFF${pod('a', 'a:1')}\n---\n${pod('b', 'b:1')}`,
      paths: ['', ''],
    },
  ])('is found in $name', ({ text, paths }) => {
    const { sites, faults } = scanFile('f.yml', text);
    expect(faults).toEqual([]);
    expect(sites.map(({ object, path, image }) => [object, path, image])).toEqual([
      ['pod/default/a', `${paths[0]}spec.containers[0].image`, 'a:1'],
      ['pod/default/b', `${paths[1]}spec.containers[0].image`, 'b:1'],
    ]);
    expect(sites.map(({ range }) => text.slice(...range))).toEqual(['"a:1"', '"b:1"']);
  });

  test.each([
    { name: 'a Service', text: 'kind: Service\nmetadata: {name: web}\nspec: {image: web:1}' },
    {
      name: 'a kind that objects inherit',
      text: 'kind: constructor\nmetadata: {name: web}\nspec: {containers: [{name: c, image: a}]}',
    },
    { name: 'a container that leaves its image to a base', text: deployment('') },
    {
      name: 'a job without a name of its own',
      text: 'kind: Job\nmetadata: {generateName: a-}\nspec: {template: {spec: {containers: [{image: a}]}}}',
    },
    { name: 'text', text: 'An image of Kubernetes.' },
    { name: 'a list of nothing', text: 'kind: List # image\nitems:' },
    { name: 'a broken file that speaks of no such thing', text: '{{ if }}\nkind: Deployment\n: [' },
    { name: 'an empty file', text: '' },
  ])('is not found in $name', ({ text }) => {
    expect(scanFile('f.yml', text)).toEqual({ file: 'f.yml', documents: 1, faults: [], ...NOTHING });
  });

  test('is not found in values of a chart, which are places that an Application may name', () => {
    const text = 'image:\n  repository: web\n  tag: 1.0';
    const marked = [
      {
        file: 'f.yml',
        object: 'values',
        container: 'image.tag',
        path: 'image.tag',
        range: [32, 35],
        line: 3,
        place: { role: 'value', key: 'image.tag', beside: 'web' },
        scalars: [{ part: 'version', text: '1.0', range: [32, 35] }],
      },
    ];
    expect(scanFile('f.yml', text)).toEqual({ file: 'f.yml', documents: 1, faults: [], ...NOTHING, marked });
  });
});

describe('an alias or a merge', () => {
  test.each([
    { name: 'an alias', text: `x: &img a:1\n${deployment('*img')}`, source: 'a:1' },
    {
      name: 'the last anchor of that name before it',
      text: `x: [&img b:1, &img a:1]\n${deployment('*img\ny: &img c:1')}`,
      source: 'a:1',
    },
    {
      name: 'a merged container',
      text: `x: &base {image: 'a:1'}\n${deployment('').replace('image: ', '<<: *base')}`,
      source: "'a:1'",
    },
    {
      name: 'the first of several merged',
      text: `x: [&b {image: a:1}, &c {image: c:1}]\n${deployment('').replace('image: ', '<<: [*b, *c]')}`,
      source: 'a:1',
    },
    {
      name: 'its own field before a merged one',
      text: `x: &base {image: b:1}\n${deployment('a:1\n          <<: *base')}`,
      source: 'a:1',
    },
    { name: 'the last of equal fields', text: deployment('b:1\n          image: a:1'), source: 'a:1' },
    {
      name: 'an aliased list of containers',
      text: `x: &all [{name: web, image: a:1}]\n${deployment('').replace(/containers:\n.*\n.*/, 'containers: *all')}`,
      source: 'a:1',
    },
  ])('is read: $name', ({ text, source }) => {
    const { sites, faults } = scanFile('f.yml', text);
    expect(faults).toEqual([]);
    expect(sites.map(({ image, range }) => [image, text.slice(...range)])).toEqual([['a:1', source]]);
  });

  test('a merged annotation counts, a quoted << is a name like any other', () => {
    const text = `x: &auto {fluxcd.io/automated: 'true'}\n${deployment('a:1', ['<<: *auto', '"<<": words'])}`;
    expect(scanFile('f.yml', text)).toMatchObject({ sites: [{ policy: { text: 'glob:*' } }], faults: [] });
  });

  test('gives two sites one scalar; where one is held back, both are', () => {
    const image = 'image: &img a:1';
    const automated = ["fluxcd.io/automated: 'true'"];
    const locked = [...automated, "fluxcd.io/locked: 'true'", 'fluxcd.io/locked_user: jane'];
    const item = (text: string) => `- ${text.trimEnd().replaceAll('\n', '\n  ')}\n`;
    const text = `kind: List\nitems:\n${item(deployment('a:1', automated).replace('image: a:1', image))}${item(deployment('*img', locked).replace('name: web', 'name: job'))}`;
    const [web, job] = joinFiles([scanFile('f.yml', text)]).sites;
    expect(web?.range).toEqual(job?.range);
    expect(job?.policy?.held).toBe('locked by jane');
    expect(web?.policy?.held).toBe('shares the image of deployment/default/job, locked by jane');
  });

  test('gives two sites one scalar; where one is frozen, both are, by the windows of either', () => {
    const item = (text: string) => `- ${text.trimEnd().replaceAll('\n', '\n  ')}\n`;
    const freeze = (line: string) => ["fluxcd.io/automated: 'true'", `sluice.dev/freeze: ${line}`];
    const first = deployment('a:1', freeze('until 2026-12-24')).replace('image: a:1', 'image: &img a:1');
    const second = deployment('*img', freeze('Sat to Sun UTC')).replace('name: web', 'name: job');
    const third = deployment('b:1', ["fluxcd.io/automated: 'true'"]).replace('name: web', 'name: other');
    const { sites } = joinFiles([scanFile('f.yml', `kind: List\nitems:\n${item(first)}${item(second)}${item(third)}`)]);
    const both = 'until 2026-12-24;Sat to Sun UTC';
    expect(sites.map(({ freeze: lines }) => lines)).toEqual([both, both, undefined]);
  });

  const levels = Array.from({ length: 60 }, (_, i) => i);
  test.each([
    { name: 'lists in circles', text: 'kind: List # image\nitems: &a\n- kind: List\n  items: *a\n' },
    { name: 'a map that merges itself in', text: 'x: &a {<<: *a, image: 1}\nkind: Pod\nmetadata: {name: a}\nspec: *a' },
    {
      name: 'doubling lists',
      text: `kind: List # image\nitems:\n- &l0 {kind: List}\n${levels.map((i) => `- &l${i + 1} {kind: List, items: [*l${i}, *l${i}]}`).join('\n')}`,
    },
    {
      name: 'doubling merges',
      text: `x: # image\n- &l0 {a: 1}\n${levels.map((i) => `- &l${i + 1} {<<: [*l${i}, *l${i}]}`).join('\n')}\nkind: Pod\nmetadata: {name: a}\nspec: *l60`,
    },
  ])('ends: $name', ({ text }) => {
    expect(scanFile('f.yml', text)).toEqual({ file: 'f.yml', documents: 1, faults: [], ...NOTHING });
  });
});

describe('findSite', () => {
  const twice = scanFile('f.yml', `${deployment('a:2')}---\n${deployment('a:1')}`);

  test('finds the container wherever it stands', () => {
    expect(
      findSite(scanFile('f.yml', `\n\n${deployment('a:1')}`), { object: 'deployment/default/web', container: 'web' }),
    ).toMatchObject({ line: 12 });
    expect(findSite(twice, { object: 'deployment/default/web', container: 'other' })).toBeUndefined();
    expect(findSite(twice, { object: 'deployment/shop/web', container: 'web' })).toBeUndefined();
  });

  test('of an object that stands there twice it finds the one with the image asked for, else the first', () => {
    const key = { object: 'deployment/default/web', container: 'web' };
    expect(findSite(twice, { ...key, image: 'a:1' })).toMatchObject({ image: 'a:1', line: 21 });
    expect(findSite(twice, { ...key, image: 'a:3' })).toMatchObject({ image: 'a:2' });
    expect(findSite(twice, key)).toMatchObject({ image: 'a:2' });
  });
});
