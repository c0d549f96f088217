import { describe, expect, test } from 'vitest';
import { idOf, printId } from '../../../../infra/agent/manifest.ts';
import { renderFiles } from '../../../../infra/agent/render/render.ts';

const configMap = (name: string, extra = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}${extra} }\n`;
const render = (files: Readonly<Record<string, string>>) =>
  renderFiles(Object.entries(files).map(([path, text]) => ({ path, text })));
const names = (objects: ReturnType<typeof render>['objects']) => objects.map(({ manifest }) => printId(idOf(manifest)));

describe('objects', () => {
  test.each([
    {
      form: 'of several documents',
      text: `${configMap('a')}---\n${configMap('b')}`,
      are: ['configmap/a', 'configmap/b'],
    },
    {
      form: 'of a List',
      text: `kind: List\napiVersion: v1\nitems:\n- ${configMap('a').replaceAll('\n', '\n  ')}`,
      are: ['configmap/a'],
    },
    {
      form: 'of JSON',
      text: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"shop"}}',
      are: ['configmap/shop/a'],
    },
    {
      form: 'of a List of a kind',
      text: `kind: ConfigMapList\napiVersion: v1\nitems:\n- ${configMap('a').replaceAll('\n', '\n  ')}`,
      are: ['configmap/a'],
    },
    {
      form: 'with merged keys and anchors',
      text: `x: &x { name: a }\n<<: { apiVersion: v1, kind: ConfigMap }\nmetadata: *x\n`,
      are: ['configmap/a'],
    },
    {
      form: 'with a byte order mark and CRLF',
      text: `\uFEFF${configMap('a').replaceAll('\n', '\r\n')}`,
      are: ['configmap/a'],
    },
    {
      form: 'of several groups or namespaces under one name',
      text: [configMap('a'), configMap('a', ', namespace: shop'), configMap('a').replace('v1', 'example.com/v1')].join(
        '---\n',
      ),
      are: ['configmap/a', 'configmap/shop/a', 'configmap/a'],
    },
    { form: 'of a file with comments alone', text: '# nothing\n---\n', are: [] },
  ])('$form', ({ text, are }) => {
    const rendered = render({ 'a.yml': text });
    expect({ names: names(rendered.objects), failures: rendered.failures }).toEqual({ names: are, failures: [] });
  });

  test('say where they are written', () => {
    expect(render({ 'k8s/a.yml': `${configMap('a')}---\n${configMap('b')}` }).objects[1]?.place).toBe('k8s/a.yml:5');
  });
});

describe('what cannot be read is named, and the rest goes on', () => {
  test.each([
    { fault: 'a file that does not parse', text: 'kind: [\n', subject: 'bad.yml:2', reason: /Flow sequence/ },
    {
      fault: 'a document without a kind',
      text: 'metadata: { name: a }\n',
      subject: 'bad.yml:1',
      reason: /expected apiVersion, kind and metadata\.name/,
    },
    {
      fault: 'an item of a List without a name',
      text: '# a list\nkind: List\napiVersion: v1\nitems: [{ apiVersion: v1, kind: Pod, metadata: {} }]\n',
      subject: 'bad.yml:2',
      reason: /expected apiVersion, kind and metadata\.name/,
    },
    {
      fault: 'a template that is not YAML',
      text: 'kind: {{ .Values.kind }}\n',
      subject: 'bad.yml:1',
      reason: /\S/,
    },
    { fault: 'an alias of nothing', text: 'kind: *nothing\n', subject: 'bad.yml:1', reason: /nothing/ },
    { fault: 'a plain text', text: 'hello\n', subject: 'bad.yml:1', reason: /expected apiVersion/ },
    {
      fault: 'an object that stands twice',
      text: configMap('good'),
      subject: 'configmap/good',
      reason: /stands in bad\.yml:1 and again in good\.yml:1/,
    },
  ])('$fault', ({ text, subject, reason }) => {
    const { objects, failures } = render({ 'bad.yml': text, 'good.yml': configMap('good') });
    expect(names(objects)).toEqual(['configmap/good']);
    expect(failures).toEqual([{ subject, reason: expect.stringMatching(reason) }]);
  });
});

test('a document that cannot be read takes no other of its file with it', () => {
  const { objects, failures } = render({ 'a.yml': `${configMap('a')}---\nkind: [\n---\n${configMap('b')}` });
  expect(names(objects)).toEqual(['configmap/a', 'configmap/b']);
  expect(failures).toEqual([{ subject: expect.stringMatching(/^a\.yml:[56]$/), reason: expect.stringMatching(/\S/) }]);
});

test.each(['sluice.dev/ignore: "false"', 'kustomize.toolkit.fluxcd.io/reconcile: enabled'])(
  'an object with %s is applied',
  (annotation) => {
    const { objects } = render({ 'a.yml': configMap('a', `, annotations: { ${annotation} }`) });
    expect(names(objects)).toEqual(['configmap/a']);
  },
);

test.each([
  'sluice.dev/ignore: "true"',
  'fluxcd.io/ignore: "true"',
  'flux.weave.works/ignore: "true"',
  'kustomize.toolkit.fluxcd.io/reconcile: disabled',
])('an object with %s is left alone', (annotation) => {
  const { objects, skipped } = render({ 'a.yml': configMap('a', `, annotations: { ${annotation} }`) });
  expect({ objects: names(objects), skipped: names(skipped) }).toEqual({ objects: [], skipped: ['configmap/a'] });
});
