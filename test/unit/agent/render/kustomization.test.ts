import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openKustomization } from '../../../../infra/agent/render/kustomization.ts';
import { renderFiles, type Tree, writeTree } from './tree.ts';

const URL = 'http://127.0.0.1:8080/latest/meta-data';
const elsewhere = (field: string, what = URL) =>
  `${field} names ${what}, which is not in the repository, and nothing is fetched: put a copy of it there`;
const outside = (field: string, what: string) => `${field} names ${what}, which leads out of the repository`;

/** A configuration of a built-in plugin. */
const plugin = (kind: string, fields: string) =>
  `apiVersion: builtin\nkind: ${kind}\nmetadata: { name: x }\n${fields}\n`;

async function failuresOf(tree: Tree) {
  const { objects, failures } = await renderFiles({ 'k8s/empty.yaml': '', ...tree }, ['k8s']);
  expect(objects).toEqual([]);
  return Object.fromEntries(failures.map(({ subject, reason }) => [subject, reason]));
}

describe('a kustomization is refused before it is built where it reads from a server', () => {
  test.each([
    { by: 'patches', line: `patches: [{ path: "${URL}" }]` },
    { by: 'patchesJson6902', line: `patchesJson6902: [{ path: "${URL}", target: { kind: X, name: x } }]` },
    { by: 'patchesStrategicMerge', line: `patchesStrategicMerge: ["${URL}"]` },
    { by: 'replacements', line: `replacements: [{ path: "${URL}" }]` },
    { by: 'configurations', line: `configurations: ["${URL}"]` },
    { by: 'crds', line: `crds: ["${URL}"]` },
    { by: 'openapi', line: `openapi: { path: "${URL}" }` },
    { by: 'generators', line: `generators: ["${URL}"]` },
    { by: 'transformers', line: `transformers: ["${URL}"]` },
    { by: 'validators', line: `validators: ["${URL}"]` },
    { by: 'components', line: `components: ["${URL}"]` },
    { by: 'configMapGenerator', line: `configMapGenerator: [{ name: a, files: ["a=${URL}"] }]` },
    { by: 'secretGenerator', line: `secretGenerator: [{ name: a, envs: ["${URL}"] }]` },
    { by: 'configMapGenerator', line: `configMapGenerator: [{ name: a, env: "${URL}" }]` },
    { by: 'patches', line: `PATCHES: [{ Path: "${URL}" }]`, how: 'whose name is written another way' },
    {
      by: 'patches',
      line: `commonAnnotations: { a: &u "${URL}" }\npatches: [{ path: *u }]`,
      how: 'by an alias',
      at: 3,
    },
    { by: 'patches', line: `patches: [{ path: a.yaml, <<: { path: "${URL}" } }]`, how: 'by a merged key' },
  ])('by $by $how', async ({ by, line, at = 2 }) => {
    const place = `k8s/kustomization.yaml:${at}`;
    expect(await failuresOf({ 'k8s/kustomization.yaml': `# hello\n${line}\n` })).toEqual({ [place]: elsewhere(by) });
  });

  test('by the folded letters that Go takes for ASCII', async () => {
    const line = `re\u017fource\u017f: ["${URL}"]`;
    expect(await failuresOf({ 'k8s/kustomization.yaml': line })).toEqual({
      'k8s/kustomization.yaml:1': elsewhere('resources'),
    });
  });

  test('by an environment file whose URL has an equals sign', async () => {
    const line = `configMapGenerator: [{ name: a, envs: ["${URL}?a=empty.yaml"] }]`;
    expect(await failuresOf({ 'k8s/kustomization.yaml': line })).toEqual({
      'k8s/kustomization.yaml:1': elsewhere('configMapGenerator', `${URL}?a=empty.yaml`),
    });
  });
});

describe('the configuration of a generator, transformer or validator is refused where it reads from a server', () => {
  const CONFIGURATIONS = [
    { field: 'generators', by: 'files', text: plugin('ConfigMapGenerator', `files: ["a=${URL}"]`) },
    { field: 'generators', by: 'envs', text: plugin('SecretGenerator', `envs: ["${URL}"]`) },
    { field: 'generators', by: 'valuesFile', text: plugin('HelmChartInflationGenerator', `valuesFile: "${URL}"`) },
    { field: 'transformers', by: 'path', text: plugin('PatchTransformer', `path: "${URL}"`) },
    { field: 'transformers', by: 'path', text: plugin('PatchJson6902Transformer', `Path: "${URL}"`) },
    { field: 'transformers', by: 'paths', text: plugin('PatchStrategicMergeTransformer', `paths: ["${URL}"]`) },
    { field: 'transformers', by: 'targetFilePath', text: plugin('ValueAddTransformer', `targetFilePath: "${URL}"`) },
    {
      field: 'validators',
      by: 'replacements',
      text: plugin('ReplacementTransformer', `replacements: [{ path: "${URL}" }]`),
    },
  ];
  const indented = (text: string) => text.replaceAll(/^/gm, '    ').trimEnd();

  test.each(CONFIGURATIONS)('$field, a file with $by', async ({ field, by, text }) => {
    const tree = { 'k8s/kustomization.yaml': `${field}: [c.yaml]\n`, 'k8s/c.yaml': text };
    expect(await failuresOf(tree)).toEqual({ 'k8s/c.yaml:4': elsewhere(by) });
  });

  test.each(CONFIGURATIONS)('$field, a text in place with $by', async ({ field, by, text }) => {
    const tree = { 'k8s/kustomization.yaml': `${field}:\n- |-\n${indented(text)}\n` };
    expect(await failuresOf(tree)).toEqual({ 'k8s/kustomization.yaml:2': elsewhere(by) });
  });

  test.each(CONFIGURATIONS)('$field, a file that a list of resources names with $by', async ({ field, by, text }) => {
    const tree = {
      'k8s/kustomization.yaml': `resources: [../more]\n${field}: [../more]\n`,
      'more/kustomization.yaml': 'resources: [c.yaml]\n',
      'more/c.yaml': text,
    };
    expect(await failuresOf(tree)).toEqual({ 'more/c.yaml:4': elsewhere(by) });
  });

  test.each([
    {
      what: 'an item of a List',
      text: `apiVersion: v1\nkind: List\nitems:\n- { apiVersion: builtin, kind: PatchTransformer, metadata: { name: x }, path: "${URL}" }\n`,
    },
    { what: 'a second document', text: `a: b\n---\npath: "${URL}"\n` },
    { what: 'JSON in a line', text: undefined },
  ])('$what', async ({ text }) => {
    const line = `{"apiVersion":"builtin","kind":"PatchTransformer","metadata":{"name":"x"},"path":"${URL}"}`;
    const tree =
      text === undefined
        ? { 'k8s/kustomization.yaml': `transformers: ['${line}']\n` }
        : { 'k8s/kustomization.yaml': 'transformers: [c.yaml]\n', 'k8s/c.yaml': text };
    expect(Object.values(await failuresOf(tree))).toEqual([elsewhere('path')]);
  });

  test('a folder that makes its configuration: what comes of it is not known beforehand', async () => {
    const tree = {
      'k8s/kustomization.yaml': 'transformers: [../more]\n',
      'more/kustomization.yaml': 'resources: [c.yaml]\npatches: [{ path: p.yaml }]\n',
    };
    expect(await failuresOf(tree)).toEqual({
      'k8s/kustomization.yaml:1':
        'transformers names ../more, which makes its configuration: a list of resources can be looked through',
    });
  });
});

describe('a kustomization is refused before it is built where it reads outside of the repository', () => {
  test.each([
    {
      line: 'configMapGenerator: [{ name: a, files: [/etc/passwd] }]',
      reason: outside('configMapGenerator', '/etc/passwd'),
    },
    { line: 'secretGenerator: [{ name: a, envs: [../../x] }]', reason: outside('secretGenerator', '../../x') },
    { line: 'patches: [{ path: ../../x }]', reason: outside('patches', '../../x') },
    { line: 'openapi: { path: out }', reason: outside('openapi', 'out') },
    { line: 'resources: [/etc]', reason: outside('resources', '/etc') },
    { line: 'patchesStrategicMerge: ["a\\n/../../../etc/passwd"]', reason: outside('patchesStrategicMerge', 'a…') },
    { line: 'transformers: [out]', reason: outside('transformers', 'out') },
  ])('$line', async ({ line, reason }) => {
    const tree = { 'k8s/kustomization.yaml': `${line}\n`, 'k8s/out': '-> /etc/passwd' };
    expect(await failuresOf(tree)).toEqual({ 'k8s/kustomization.yaml:1': reason });
  });
});

describe('what readers of YAML understand in different ways is refused in a kustomization', () => {
  test.each([
    { what: 'a tag', text: 'patches: [{ path: !!binary aHR0cA== }]', reason: /^tag tag:yaml\.org,2002:binary is not/ },
    {
      what: 'a line end of YAML 1.1',
      text: `# a\u0085patches: [{ path: "${URL}" }]`,
      reason: /^character U\+0085 is not/,
    },
    { what: 'a line end of old', text: `# a\rpatches: [{ path: "${URL}" }]`, reason: /^character U\+000D is not/ },
    { what: 'a key that comes twice', text: 'namespace: a\nnamespace: b', reason: /^Map keys must be unique/ },
    {
      what: 'a path that is a number to some',
      text: 'patches: [{ path: 0o17 }]',
      reason: /^patches: expected the path of a file or folder as text$/,
    },
  ])('$what', async ({ text, reason }) => {
    expect(Object.values(await failuresOf({ 'k8s/kustomization.yaml': text }))).toEqual([
      expect.stringMatching(reason),
    ]);
  });

  test('UTF-16', async () => {
    const root = writeTree({ 'kustomization.yaml': '' });
    writeFileSync(`${root}/kustomization.yaml`, Buffer.from(`\ufeffpatches: [{ path: "${URL}" }]`, 'utf16le'));
    expect((await openKustomization(root, '.')).failures).toEqual([
      { subject: 'kustomization.yaml:1', reason: 'it is not UTF-8' },
    ]);
  });
});
