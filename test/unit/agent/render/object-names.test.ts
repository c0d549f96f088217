import { describe, expect, test } from 'vitest';
import { renderFiles } from './tree.ts';

const object = ({ apiVersion = 'v1', kind = 'ConfigMap', metadata = '{name: a}' }) =>
  `# one object\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: ${metadata}\n`;

const VERSION = 'expected a version such as v1 or a group and version such as apps/v1';
const NAME = 'expected a name of up to 253 characters without spaces, / and %';
const NAMESPACE = 'expected up to 63 lower-case letters, digits and -';

describe('an object whose names Kubernetes would not take is a failure with its place', () => {
  test.each([
    { text: object({ apiVersion: '../healthz' }), line: 2, says: `apiVersion: ${VERSION}, found "../healthz"` },
    { text: object({ apiVersion: 'v1/../../x' }), line: 2, says: `apiVersion: ${VERSION}, found "v1/../../x"` },
    { text: object({ apiVersion: 'Apps/v1' }), line: 2, says: `apiVersion: ${VERSION}, found "Apps/v1"` },
    {
      text: object({ apiVersion: '1' }),
      line: 2,
      says: `apiVersion: ${VERSION}, found the number 1: write it in quotes`,
    },
    { text: object({ apiVersion: '[v1]' }), line: 2, says: `apiVersion: ${VERSION}, found a list` },
    {
      text: object({ kind: '"Config Map"' }),
      line: 3,
      says: 'kind: expected a kind such as ConfigMap, found "Config Map"',
    },
    { text: object({ kind: '"Pod?x=1"' }), line: 3, says: 'kind: expected a kind such as ConfigMap, found "Pod?x=1"' },
    { text: object({ kind: '~' }), line: 3, says: 'kind: expected a kind such as ConfigMap, found nothing' },
    { text: object({ metadata: '[a]' }), line: 4, says: 'metadata: expected a map, found a list' },
    { text: object({ metadata: 'a' }), line: 4, says: 'metadata: expected a map, found "a"' },
    { text: object({ metadata: '{name: ..}' }), line: 4, says: `metadata.name: ${NAME}, found ".."` },
    { text: object({ metadata: '{name: a/b}' }), line: 4, says: `metadata.name: ${NAME}, found "a/b"` },
    { text: object({ metadata: '{name: a b}' }), line: 4, says: `metadata.name: ${NAME}, found "a b"` },
    { text: object({ metadata: '{name: "a\\nb"}' }), line: 4, says: `metadata.name: ${NAME}, found "a\\nb"` },
    {
      text: object({ metadata: '{name: "a\\e[31mb"}' }),
      line: 4,
      says: `metadata.name: ${NAME}, found "a\\u001b[31mb"`,
    },
    { text: object({ metadata: '{name: a%2Fb}' }), line: 4, says: `metadata.name: ${NAME}, found "a%2Fb"` },
    { text: object({ metadata: '{name: ""}' }), line: 4, says: `metadata.name: ${NAME}, found ""` },
    {
      text: object({ metadata: '{name: 12}' }),
      line: 4,
      says: `metadata.name: ${NAME}, found the number 12: write it in quotes`,
    },
    {
      text: object({ metadata: '{name: yes}' }),
      line: 4,
      says: `metadata.name: ${NAME}, found the truth value true: write it in quotes`,
    },
    {
      text: object({ metadata: `{name: ${'a'.repeat(254)}}` }),
      line: 4,
      says: `metadata.name: ${NAME}, found "${'a'.repeat(60)}"`,
    },
    {
      text: object({ metadata: '{name: a, namespace: A}' }),
      line: 4,
      says: `metadata.namespace: ${NAMESPACE}, found "A"`,
    },
    {
      text: object({ metadata: '{name: a, namespace: ../x}' }),
      line: 4,
      says: `metadata.namespace: ${NAMESPACE}, found "../x"`,
    },
    {
      text: object({ metadata: '{name: a, namespace: 0400}' }),
      line: 4,
      says: `metadata.namespace: ${NAMESPACE}, found the number 256: write it in quotes`,
    },
    {
      text: object({ metadata: '\n  name: a\n  labels:\n    app.version: 1.10' }),
      line: 7,
      says: 'metadata.labels.app.version: expected text, found the number 1.1: write it in quotes',
    },
    {
      text: object({ metadata: '{name: a, labels: [x]}' }),
      line: 4,
      says: 'metadata.labels: expected a map, found a list',
    },
    {
      text: object({ metadata: '{name: a, annotations: {x: {y: z}}}' }),
      line: 4,
      says: 'metadata.annotations.x: expected text, found a map',
    },
    {
      text: object({ metadata: '{name: a, annotations: 5}' }),
      line: 4,
      says: 'metadata.annotations: expected a map, found the number 5',
    },
  ])('$says', async ({ text, line, says }) => {
    const { objects, failures } = await renderFiles({ 'a.yml': text });
    expect({ objects, failures }).toEqual({ objects: [], failures: [{ subject: `a.yml:${line}`, reason: says }] });
  });

  test('what a document or an item of a list is else is one too, and takes no other with it', async () => {
    const { objects, failures } = await renderFiles({
      'a.yml': `5\n---\n- a\n---\nkind: List\napiVersion: v1\nitems: [1, text, [], {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}]\n`,
    });
    expect(objects.map(({ manifest }) => manifest.metadata.name)).toEqual(['a']);
    const reason = 'expected apiVersion, kind and metadata.name';
    expect(failures).toEqual([1, 3, 7, 7, 7].map((line) => ({ subject: `a.yml:${line}`, reason })));
  });
});

test.each([
  { kind: 'Role', apiVersion: 'rbac.authorization.k8s.io/v1', metadata: '{name: "system:controller:My_Role"}' },
  { kind: 'CustomResourceDefinition', apiVersion: 'apiextensions.k8s.io/v1', metadata: '{name: widgets.example.com}' },
  { kind: 'Widget', apiVersion: 'example.com/v1alpha1', metadata: '{name: a, namespace: shop}' },
  { kind: 'ConfigMap', apiVersion: 'v1', metadata: '{name: a, namespace: , labels: , annotations: {x: }}' },
  { kind: 'ConfigMap', apiVersion: 'v1', metadata: '{name: a, namespace: ""}' },
])('$kind with $metadata is taken', async (parts) => {
  const { objects, failures } = await renderFiles({ 'a.yml': object(parts) });
  expect({ count: objects.length, failures }).toEqual({ count: 1, failures: [] });
});
