import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LiveObject } from '../../../../infra/agent/cluster/cluster.ts';
import { openRenderer, type RenderSettings } from '../../../../infra/agent/render/renderer.ts';
import { FOR_CHARTS, renderSettings, type Tree, writeTree } from './tree.ts';

const MANIFEST = `apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { size: "\${SIZE}" }
`;

/** A rendering with variables, and how often it asked for files. */
function renderingOf(variables: () => Readonly<Record<string, string>>, limits: Partial<RenderSettings> = {}) {
  let asked = 0;
  const metadata = { name: 'variables' };
  const read = async (): Promise<LiveObject> => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: variables() });
  const render = openRenderer(
    {
      ...renderSettings(),
      ...limits,
      variablesFrom: [{ kind: 'ConfigMap', name: 'variables' }],
    },
    {
      searchPath: process.env['PATH'] ?? '',
      cluster: { read },
      ownNamespace: 'sluice',
      defaultNamespace: 'default',
      ...{ capabilities: FOR_CHARTS.capabilities, chartMemory: FOR_CHARTS.chartMemory },
    },
  );
  return {
    asked: () => asked,
    render: async (commit: string, tree: Tree) => {
      const { objects, failures } = await render({
        commit,
        paths: [''],
        async use(work) {
          asked += 1;
          return work(writeTree(tree));
        },
      });
      return { objects, sizes: objects.map(({ manifest }) => manifest['data']), failures };
    },
  };
}

test.each([
  { what: 'a revision that stands is rendered once', commit: 'one', size: '1', asked: 1 },
  { what: 'another revision is rendered', commit: 'two', size: '1', asked: 2 },
  { what: 'another variable is filled in', commit: 'one', size: '2', asked: 2 },
])('$what', async ({ commit, size, asked: expected }) => {
  let now = '1';
  const { render, asked } = renderingOf(() => ({ SIZE: now }));
  expect((await render('one', { 'a.yaml': MANIFEST })).sizes).toEqual([{ size: '1' }]);
  now = size;
  expect((await render(commit, { 'a.yaml': MANIFEST })).sizes).toEqual([{ size }]);
  expect(asked()).toBe(expected);
});

test('what failed is rendered again', async () => {
  const { render, asked } = renderingOf(() => ({ SIZE: '1' }));
  const broken = { 'a.yaml': 'kind: ConfigMap\n' };
  expect((await render('one', broken)).failures).toHaveLength(1);
  expect((await render('one', broken)).failures).toHaveLength(1);
  expect(asked()).toBe(2);
});

test.each([
  { what: 'the same revision', next: 'one' },
  { what: 'the next revision', next: 'two' },
])('what could not be decrypted is rendered again in $what, by a key that came late', async ({ next }) => {
  const age = writeTree({});
  const sops = `#!/bin/sh
PATH=/usr/bin:/bin
grep -q AGE-SECRET-KEY "$SOPS_AGE_KEY_FILE" || { echo 'no identity matched any of the recipients' >&2; exit 1; }
sed -e '/^sops:/d' -e 's/ENC.AES256_GCM,[^"]*/hunter2/'
`;
  const limits = {
    sops: join(writeTree({ sops }), 'sops'),
    sopsAgeKeyFile: join(age, 'keys.txt'),
    renderSandbox: 'best-effort',
    renderTimeout: 20_000,
  } as const;
  const { render, asked } = renderingOf(() => ({ SIZE: '1' }), limits);
  const secret = `apiVersion: v1
kind: Secret
metadata: { name: secret }
stringData: { token: "ENC[AES256_GCM,data:aGk=,type:str]" }
sops: { mac: "ENC[AES256_GCM,data:bWFj,type:str]", age: [{ recipient: age1x, enc: x }] }
`;
  writeFileSync(limits.sopsAgeKeyFile, '');
  const early = await render('one', { 'a.yaml': secret, 'b.yaml': MANIFEST });
  expect(early.failures).toEqual([
    { subject: 'a.yaml:1', reason: expect.stringContaining('no identity matched any of the recipients') },
  ]);
  expect(early.sizes).toEqual([{ size: '1' }]);
  writeFileSync(limits.sopsAgeKeyFile, 'AGE-SECRET-KEY-1\n');
  const { objects, failures } = await render(next, { 'a.yaml': secret, 'b.yaml': MANIFEST });
  expect(failures).toEqual([]);
  expect(objects.map(({ manifest }) => manifest['stringData'])).toEqual([{ token: 'hunter2' }, undefined]);
  expect(asked()).toBe(2);
});

test('of the next revision only what changed is read', async () => {
  const { render } = renderingOf(() => ({ SIZE: '1' }));
  const other = (size: string) => MANIFEST.replace('settings', 'other').replace('\ndata', `\nsize: ${size}\ndata`);
  const [before] = (await render('one', { 'a.yaml': MANIFEST, 'b.yaml': other('2') })).objects;
  const [same, changed] = (await render('two', { 'a.yaml': MANIFEST, 'b.yaml': other('3') })).objects;
  expect(same).toBe(before);
  expect(changed).toMatchObject({ place: 'b.yaml:1', manifest: { metadata: { name: 'other' }, size: 3 } });
});

test('a revision that cannot be rendered at all has nothing forgotten that was read before', async () => {
  const { render } = renderingOf(() => ({ SIZE: '1' }), { renderMaxObjects: 2 });
  const other = (name: string) => MANIFEST.replace('settings', name);
  const [before] = (await render('one', { 'a.yaml': MANIFEST })).objects;
  const tooMany = { 'a.yaml': MANIFEST, 'b.yaml': other('b'), 'c.yaml': other('c') };
  await expect(render('two', tooMany)).rejects.toThrow('expected at most 2 objects');
  const [same] = (await render('three', { 'a.yaml': MANIFEST, 'b.yaml': other('b') })).objects;
  expect(same).toBe(before);
});

test('the same text in another file is at another place', async () => {
  const { render } = renderingOf(() => ({ SIZE: '1' }));
  await render('one', { 'a.yaml': MANIFEST });
  expect((await render('two', { 'b.yaml': MANIFEST })).objects).toMatchObject([{ place: 'b.yaml:1' }]);
});
