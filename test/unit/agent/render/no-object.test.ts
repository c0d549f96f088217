import { describe, expect, test } from 'vitest';
import { idOf, printId } from '../../../../infra/agent/manifest.ts';
import { renderFiles, type Tree } from './tree.ts';

const GOOD = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: good }\n';

async function renderAll(tree: Tree, paths?: readonly string[]) {
  const { objects, failures, passedOver = [] } = await renderFiles(tree, paths);
  return {
    objects: objects.map(({ manifest }) => printId(idOf(manifest))),
    failures: Object.fromEntries(failures.map(({ subject, reason }) => [subject, reason])),
    passedOver: passedOver.map(({ subject }) => subject),
  };
}

describe('a file of another program is passed over, with a word', () => {
  test.each([
    { file: 'docker-compose.yml', text: 'services:\n  web: { image: nginx, ports: ["80:80"] }\n' },
    { file: 'package.json', text: '{"name":"a","version":"1.0.0","scripts":{"test":"vitest"}}' },
    { file: 'tsconfig.json', text: '{\n  // with a comment\n  "compilerOptions": { "strict": true },\n}' },
    { file: 'dashboard.json', text: '{"panels":[{"type":"graph"}],"title":"Load","schemaVersion":39}' },
    { file: 'values.yaml', text: 'image: { tag: 1 }\nextra:\n- apiVersion: v1\n  kind: ConfigMap\n' },
    { file: 'mkdocs.yml', text: 'site_name: a\nmarkdown_extensions:\n- x: { emoji: !!python/name:a.b }\n' },
    { file: 'template.yaml', text: 'Resources:\n  Bucket: { Type: "AWS::S3::Bucket", Name: !Ref Name }\n' },
    { file: 'openapi.yaml', text: 'openapi: 3.1.0\ninfo: { title: a, version: "1" }\npaths: {}\n' },
    { file: 'labels.yml', text: '- { name: bug, color: red }\n- { name: idea, color: blue }\n' },
    { file: 'empty.json', text: '[]' },
    { file: 'secrets.enc.yaml', text: 'password: ENC[AES256_GCM,data:a]\nsops: { mac: a, age: [] }\n' },
    { file: 'two.yaml', text: '# a\n---\na: 1\n---\nb: 2\n' },
  ])('$file', async ({ file, text }) => {
    expect(await renderAll({ 'good.yaml': GOOD, [file]: text })).toEqual({
      objects: ['configmap/good'],
      failures: {},
      passedOver: [file],
    });
  });
});

describe('a file that says anything of an object is a failure where it is none', () => {
  const NO_OBJECT = 'expected apiVersion, kind and metadata.name';
  test.each([
    { what: 'no kind', text: 'apiVersion: v1\nmetadata: { name: a }\n', line: 1 },
    { what: 'no apiVersion', text: '# hi\nkind: ConfigMap\nmetadata: { name: a }\n', line: 2 },
    { what: 'names in another case', text: 'ApiVersion: v1\nKind: ConfigMap\n', line: 1 },
    { what: 'names with a slip', text: 'api_version: v1\nmetadata: {}\n', line: 1 },
    { what: 'neither, but a name and a specification', text: 'metadata: { name: a }\nspec: {}\n', line: 1 },
    {
      what: 'an object beside it',
      text: `${GOOD.replace('good', 'a')}---\nspec: {}\n`,
      line: 5,
      objects: ['configmap/a'],
    },
    { what: 'a list of objects that is no List', text: `- ${GOOD.replaceAll('\n', '\n  ')}\n`, line: 1 },
    { what: 'text alone, as of a template', text: 'hello\n', line: 1 },
  ])('with $what', async ({ text, line, objects = [] }) => {
    expect(await renderAll({ 'bad.yaml': text, 'good.yaml': GOOD })).toEqual({
      objects: [...objects, 'configmap/good'],
      failures: { [`bad.yaml:${line}`]: NO_OBJECT },
      passedOver: [],
    });
  });

  test('in JSON that cannot be read', async () => {
    const { failures, passedOver } = await renderAll({ 'bad.json': '{"kind": "ConfigMap", ' });
    expect({ subjects: Object.keys(failures), passedOver }).toEqual({ subjects: ['bad.json:1'], passedOver: [] });
  });

  test('a path with nothing but such files is a failure: what it held is not to be taken for gone', async () => {
    const tree = { 'k8s/values.yaml': 'a: 1\n', 'other/good.yaml': GOOD };
    expect(await renderAll(tree, ['k8s', 'other'])).toEqual({
      objects: ['configmap/good'],
      failures: { k8s: 'expected Kubernetes objects, found only files without any' },
      passedOver: ['k8s/values.yaml'],
    });
  });
});

describe('as Flux reads it', () => {
  test.each([
    { what: 'a List without items', text: 'apiVersion: v1\nkind: List\n' },
    { what: 'a List with items that are nothing', text: 'apiVersion: v1\nkind: List\nitems:\n' },
    { what: 'a List of a kind without items', text: 'apiVersion: v1\nkind: ConfigMapList\nmetadata: {}\n' },
  ])('$what is nothing', async ({ text }) => {
    expect(await renderAll({ 'a.yaml': text })).toEqual({ objects: [], failures: {}, passedOver: [] });
  });

  test('a kind of its own that ends in List is an object', async () => {
    const text = 'apiVersion: example.com/v1\nkind: AllowList\nmetadata: { name: a }\n';
    expect((await renderAll({ 'a.yaml': text })).objects).toEqual(['allowlist/a']);
  });

  const webhooks = (bundle: string) => [
    { name: 'a.example.com', clientConfig: { url: 'https://a', ...(bundle === 'none' ? {} : { caBundle: bundle }) } },
  ];
  test.each([
    { bundle: 'Cg==', left: 'none' },
    { bundle: '', left: 'none' },
    { bundle: 'LS0tCg==', left: 'LS0tCg==' },
  ])('a caBundle "$bundle" of a webhook, a definition or an aggregated API', async ({ bundle, left }) => {
    const conversion = (text: string) => ({ webhook: { clientConfig: text === 'none' ? {} : { caBundle: text } } });
    const objects = (text: string) => [
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name: 'a' },
        webhooks: webhooks(text),
      },
      {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'a.b' },
        spec: { conversion: conversion(text) },
      },
      {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: 'v1.b' },
        spec: text === 'none' ? {} : { caBundle: text },
      },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, spec: { caBundle: bundle } },
    ];
    const { objects: found } = await renderFiles({
      'a.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects(bundle) }),
    });
    expect(found.map(({ manifest }) => manifest)).toEqual(objects(left));
  });

  const LOCKED = 'ENC[AES256_GCM,data:a,type:str]';
  const sops = 'sops: { mac: a, age: [] }';
  test.each([
    {
      what: 'by an annotation',
      kind: 'Secret',
      marks: 'annotations: { kustomize.toolkit.fluxcd.io/decrypt: Disabled }',
    },
    { what: 'by a label', kind: 'Secret', marks: 'labels: { kustomize.toolkit.fluxcd.io/decrypt: disabled }' },
    { what: 'by its own operator', kind: 'SopsSecret', marks: 'labels: {}' },
  ])('what is decrypted elsewhere, $what, is applied as it is', async ({ kind, marks }) => {
    const text = `apiVersion: v1\nkind: ${kind}\nmetadata: { name: a, ${marks} }\nstringData: { a: "${LOCKED}" }\n${sops}\n`;
    const { objects, failures } = await renderFiles({ 'a.yaml': text });
    expect(failures).toEqual([]);
    expect(objects).toMatchObject([{ manifest: { kind, stringData: { a: LOCKED }, sops: { mac: 'a' } } }]);
  });
});
