import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { openRenderer } from '../../../../infra/agent/render/renderer.ts';
import { FOR_CHARTS, renderSettings, type Tree, writeTree } from './tree.ts';

const MEBIBYTE = 1024 * 1024;
const HEAD = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n';
const SECRET = HEAD.replace('ConfigMap', 'Secret');
const SMALL = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: small }\n';
const times = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, at) => make(at)).join('');
const named = (index: number) => HEAD.replace('name: a', `name: a${index}`);
const ADVICE = 'Split the source, or raise';

/** A source of its own, as the agent follows it. */
function source(settings: object = {}) {
  const render = openRenderer(renderSettings(settings), {
    ...FOR_CHARTS,
    searchPath: process.env['PATH'] ?? '',
    cluster: { read: async () => undefined },
    ownNamespace: 'sluice',
    defaultNamespace: 'default',
  });
  return async (commit: string, tree: Tree) =>
    render({ commit, paths: [''], use: async (work) => work(writeTree(tree)) });
}

/** A command that writes what a shell says. */
function command(script: string): string {
  const file = join(writeTree({}), 'tool');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

const laughs = `x: [${[
  '&a lol',
  ...'bcdefghij'.split('').map((name, at) => `&${name} [${times(10, () => `*${'abcdefghij'[at]},`)}]`),
].join(', ')}]\n`;

describe('a source that holds too much fails, with the limit and how to raise it', () => {
  test.each<{ bomb: string; tree: Tree; settings?: object; says: RegExp }>([
    {
      bomb: 'more keys than there may be',
      tree: { 'a.yml': `${HEAD}data:\n${times(2000, (at) => `  k${at}: v\n`)}` },
      settings: { renderMaxKeys: 3000 },
      says: new RegExp(`expected at most 3000 keys and values, found more. ${ADVICE} --render-max-keys`),
    },
    {
      bomb: 'more keys than there may be, in many files',
      tree: Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`${at}.yml`, named(at)])),
      settings: { renderMaxKeys: 100 },
      says: /expected at most 100 keys and values in the paths of a source, found more\. .* --render-max-keys/,
    },
    {
      bomb: 'lists within one another',
      tree: { 'a.yml': `${HEAD}data: ${'['.repeat(50_000)}` },
      says: new RegExp(
        `expected at most 100 lists and maps within one another, found more. ${ADVICE} --render-max-depth`,
      ),
    },
    {
      bomb: 'maps within one another in JSON',
      tree: { 'a.json': `{"apiVersion":"v1","kind":"A","a":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_001)}` },
      says: /within one another, found more\. .* --render-max-depth/,
    },
    {
      bomb: 'many small documents',
      tree: { 'a.yml': times(1001, (at) => `---\n${named(at)}`) },
      settings: { renderMaxObjects: 1000 },
      says: new RegExp(`expected at most 1000 documents, found more. ${ADVICE} --render-max-objects`),
    },
    {
      bomb: 'many objects in many files',
      tree: { 'a.yml': times(60, (at) => `---\n${named(at)}`), 'b.yml': times(60, (at) => `---\n${named(at + 60)}`) },
      settings: { renderMaxObjects: 100 },
      says: /b\.yml: expected at most 100 objects in the paths of a source, found more\. .* --render-max-objects/,
    },
    {
      bomb: 'more secret values than are looked for in all that is told',
      tree: { 'a.yml': `${SECRET}stringData:\n${times(40_000, (at) => `  k${at}: v${at}\n`)}` },
      says: new RegExp(
        `expected at most 8388608 secret characters, 400 and more a value, .* found more\\. ${ADVICE} --render-max-secrets`,
      ),
    },
    {
      bomb: 'secret values that are longer than may be',
      tree: Object.fromEntries(
        times(4, String)
          .split('')
          .map((at) => [
            `${at}.yml`,
            `${SECRET.replace('name: a', `name: a${at}`)}stringData: { a: ${'y'.repeat(MEBIBYTE)} }\n`,
          ]),
      ),
      settings: { renderMaxSecrets: '3MiB' },
      says: /expected at most 3145728 secret characters/,
    },
    {
      bomb: 'a secret file of many lines, of a kustomization that cannot be built',
      tree: {
        'kustomization.yaml': 'secretGenerator: [{ name: a, envs: [a.env] }]\n',
        'a.env': times(150_000, (at) => `k${at}=v${at}\n`),
      },
      settings: { kustomize: '/bin/false', renderSandbox: 'best-effort' },
      says: /secret characters, .* --render-max-secrets/,
    },
    {
      bomb: 'aliases of aliases',
      tree: { 'a.yml': `${HEAD}${laughs}` },
      says: /its aliases unfold to more than a text may hold/,
    },
    {
      bomb: 'one long text that aliases repeat',
      tree: { 'a.yml': `${HEAD}x: &x ${'y'.repeat(MEBIBYTE)}\ndata: [${times(5000, () => '*x,')}]\n` },
      says: /expected at most 3145728 characters in an object, found more: no API server takes it/,
    },
    {
      bomb: 'one text that is larger than any object',
      tree: { 'a.yml': `${HEAD}data: { a: ${'y'.repeat(4 * MEBIBYTE)} }\n` },
      says: /a\.yml:1.*expected at most 3145728 characters in an object/,
    },
    {
      bomb: 'a file that is larger than all may be',
      tree: { 'a.yml': `# ${'y'.repeat(2 * MEBIBYTE)}\n` },
      settings: { renderMaxSize: '1MiB' },
      says: /a\.yml.*expected at most 1048576 (bytes|characters).*found (more|\d+)\. .* --render-max-size/,
    },
    {
      bomb: 'a kustomization with keys that are looked up one by one',
      tree: { 'kustomization.yaml': times(200_000, (at) => `k${at}: v\n`) },
      settings: { renderDeadline: '2s' },
      says: /rendering: expected all of the source within 2 s, found more\. .* --render-deadline/,
    },
    {
      bomb: 'more than there is memory for',
      tree: { 'a.yml': times(300, (at) => `---\n${named(at)}data: {${times(2000, (key) => `k${key}: v,`)}}\n`) },
      settings: { renderMemory: '24MiB' },
      says: /expected at most 24 MiB of memory to read manifests in, found more\. .* --render-memory/,
    },
  ])('$bomb', async ({ tree, settings, says }) => {
    const said = await source(settings)('one', tree).then(
      ({ failures }) => failures.map(({ subject, reason }) => `${subject}: ${reason}`).join('\n'),
      (error: unknown) => String(error),
    );
    expect(said).toMatch(says);
  });

  test.each([
    { tool: 'kustomize', tree: { 'kustomization.yaml': 'resources: []\n' } },
    { tool: 'helm', tree: { 'Chart.yaml': 'name: a\n' } },
  ])('what $tool writes without an end', async ({ tool, tree }) => {
    const endless = command(
      'while :; do echo "a: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"; done',
    );
    const settings = { [tool]: endless, renderMaxSize: '1MiB', renderSandbox: 'best-effort', renderTimeout: '1m' };
    const { failures } = await source(settings)('one', tree);
    expect(failures.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(new RegExp(`^${tool}: it wrote more than 1048576 bytes`)),
    ]);
  });

  test('a tool that is at work when the time of its source is over ends with it', async () => {
    const file = join(writeTree({}), 'pid');
    const endless = command(`echo $$ > ${file}; while :; do sleep 0.1; done`);
    const settings = { kustomize: endless, renderDeadline: '6s', renderSandbox: 'best-effort', renderTimeout: '1m' };
    const rendering = source(settings)('one', { 'kustomization.yaml': 'resources: []\n' });
    await expect(rendering).rejects.toThrow('--render-deadline');
    const pid = Number(readFileSync(file, 'utf8'));
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
  });
});

test('a reason that quotes a megabyte is told by its beginning', async () => {
  const labels = `labels: { ${'y'.repeat(MEBIBYTE)}: 1 }`;
  const { failures } = await source()('one', { 'a.yml': HEAD.replace('{ name: a', `{ ${labels}, name: a`) });
  expect(failures).toEqual([{ subject: 'a.yml:3', reason: `metadata.labels.${'y'.repeat(984)}…` }]);
});

test('what took more than it may is not tried again until the revision is another', async () => {
  const render = source({ renderMaxObjects: 1 });
  const two = { 'a.yml': named(1), 'b.yml': named(2) };
  const first = await render('one', two).catch((error: unknown) => error);
  await expect(render('one', { 'a.yml': SMALL })).rejects.toBe(first);
  expect((await render('two', { 'a.yml': SMALL })).objects).toHaveLength(1);
});

describe('what real repositories hold is read', () => {
  test.each<{ what: string; tree: Tree; count: number }>([
    {
      what: '20,000 keys in an object',
      tree: { 'a.yml': `${HEAD}data:\n${times(20_000, (at) => `  k${at}: v\n`)}` },
      count: 1,
    },
    { what: 'a text of 1 MiB', tree: { 'a.yml': `${HEAD}data: { a: "${'y'.repeat(MEBIBYTE)}" }\n` }, count: 1 },
    {
      what: '5,000 objects in one text',
      tree: { 'a.yml': times(5000, (at) => `---\n${named(at)}`) },
      count: 5000,
    },
  ])('$what', async ({ tree, count }) => {
    const { objects, failures } = await source({ renderMemory: '256MiB' })('one', tree);
    expect(failures).toEqual([]);
    expect(objects).toHaveLength(count);
  });
});

test('a source whose time is used up is none of its neighbour’s business, which renders revision after revision', async () => {
  const events: string[] = [];
  const neighbour = source();
  const render = async (revision: string) => {
    const { objects } = await neighbour(revision, { 'a.yml': `${SMALL}data: { revision: ${revision} }\n` });
    events.push(`${revision}: ${objects.length} objects`);
  };
  const began = performance.now();
  await render('one');
  // Long enough for five revisions, however slow the machine, as the processor has work for it all the while.
  const seconds = Math.ceil((20 * (performance.now() - began)) / 1000);
  const bomb = source({ renderDeadline: `${seconds}s` })('one', {
    'kustomization.yaml': times(400_000, (at) => `k${at}: v\n`),
  })
    .catch(() => undefined)
    .then(() => events.push('bomb over'));
  for (const revision of ['two', 'three', 'four', 'five', 'six']) {
    await render(revision);
  }
  await bomb;
  expect(events).toEqual([
    ...['one', 'two', 'three', 'four', 'five', 'six'].map((one) => `${one}: 1 objects`),
    'bomb over',
  ]);
}, 120_000);
