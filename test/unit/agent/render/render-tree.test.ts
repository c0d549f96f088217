import { describe, expect, test } from 'vitest';
import { idOf, printId } from '../../../../infra/agent/manifest.ts';
import type { Rendered } from '../../../../infra/agent/render/rendered-object.ts';
import { renderFiles, type Tree } from './tree.ts';

const configMap = (name: string, extra = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}${extra} }\n`;
const names = (objects: Rendered['objects']) => objects.map(({ manifest }) => printId(idOf(manifest)));

const LFS_POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`;
const KEPT_IN_LFS = 'it is a pointer of Git LFS, and what it points to is not fetched: keep it in Git itself';
const NOTHING_THERE = 'expected manifests (.yaml, .yml or .json), a kustomization or a chart, found none';

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
  ])('$form', async ({ text, are }) => {
    const rendered = await renderFiles({ [text.startsWith('{') ? 'a.json' : 'a.yml']: text });
    expect({ names: names(rendered.objects), failures: rendered.failures }).toEqual({ names: are, failures: [] });
  });

  test('say where they are written', async () => {
    const { objects } = await renderFiles({ 'k8s/a.yml': `${configMap('a')}---\n${configMap('b')}` });
    expect(objects[1]?.place).toBe('k8s/a.yml:5');
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
      subject: 'bad.yml:4',
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
  ])('$fault', async ({ text, subject, reason }) => {
    const { objects, failures } = await renderFiles({ 'bad.yml': text, 'good.yml': configMap('good') });
    expect(names(objects)).toEqual(['configmap/good']);
    expect(failures).toEqual([{ subject, reason: expect.stringMatching(reason) }]);
  });
});

test('a document that cannot be read takes no other of its file with it', async () => {
  const { objects, failures } = await renderFiles({ 'a.yml': `${configMap('a')}---\nkind: [\n---\n${configMap('b')}` });
  expect(names(objects)).toEqual(['configmap/a', 'configmap/b']);
  expect(failures).toEqual([{ subject: expect.stringMatching(/^a\.yml:[56]$/), reason: expect.stringMatching(/\S/) }]);
});

describe('annotations', () => {
  test.each([
    'sluice.dev/ignore: "false"',
    'kustomize.toolkit.fluxcd.io/reconcile: enabled',
    'kustomize.toolkit.fluxcd.io/ssa: Merge',
    'fluxcd.io/ignore: sync_only',
    'argocd.argoproj.io/hook: "PreSync,Skip"',
    'helm.sh/hook: "pre-delete, pre-install"',
    'config.kubernetes.io/local-config: "false"',
  ])('an object with %s is applied', async (annotation) => {
    const { objects } = await renderFiles({ 'a.yml': configMap('a', `, annotations: { ${annotation} }`) });
    expect(names(objects)).toEqual(['configmap/a']);
  });

  test.each([
    'sluice.dev/ignore: "true"',
    'fluxcd.io/ignore: "true"',
    'flux.weave.works/ignore: "true"',
    'kustomize.toolkit.fluxcd.io/reconcile: disabled',
    'kustomize.toolkit.fluxcd.io/ssa: Ignore',
    'argocd.argoproj.io/hook: Skip',
    'helm.sh/hook: pre-delete',
    'helm.sh/hook: "test"',
    'config.kubernetes.io/local-config: ""',
    'config.kubernetes.io/local-config: "true"',
  ])('an object with %s is left alone', async (annotation) => {
    const { objects, skipped } = await renderFiles({ 'a.yml': configMap('a', `, annotations: { ${annotation} }`) });
    expect({ objects: names(objects), skipped: names(skipped) }).toEqual({ objects: [], skipped: ['configmap/a'] });
  });
});

test.each<{ case: string; tree: Tree; paths?: readonly string[] }>([
  { case: 'by a link of another kind of name first', tree: { 'a.txt': '-> b.yml', 'b.yml': configMap('a') } },
  { case: 'by two paths', tree: { 'k8s/b.yml': configMap('a') }, paths: ['k8s', 'k8s/b.yml', ''] },
  { case: 'by a circle of links', tree: { 'k8s/up': '-> ..', 'k8s/b.yml': configMap('a') }, paths: ['k8s', ''] },
])('what is reached twice $case is read once, and none of its paths is empty', async ({ tree, paths }) => {
  const { objects, failures } = await renderFiles(tree, paths);
  expect({ names: names(objects), failures }).toEqual({ names: ['configmap/a'], failures: [] });
});

describe('folders', () => {
  const kustomization = (...resources: readonly string[]) => `resources: [${resources.join(', ')}]\n`;
  test.each<{ case: string; tree: Tree; paths?: readonly string[]; are: readonly string[] }>([
    {
      case: 'files at any depth, in the order of names',
      tree: { 'b.yml': configMap('b'), 'a/z/c.yaml': configMap('c'), 'a/d.json': '{"kind":"List","items":[]}' },
      are: ['configmap/c', 'configmap/b'],
    },
    {
      case: 'names that begin with a dot, and other files, are passed over',
      tree: { '.github/ci.yml': 'on: push', '.sops.yaml': 'a: 1', 'README.md': '# hi', 'a.yml': configMap('a') },
      are: ['configmap/a'],
    },
    {
      case: 'only what is below the paths, once',
      tree: { 'k8s/a.yml': configMap('a'), 'k8s/b/b.yml': configMap('b'), 'other/c.yml': configMap('c') },
      paths: ['k8s/b', './k8s/', '/k8s/a.yml'],
      are: ['configmap/b', 'configmap/a'],
    },
    {
      case: 'a symbolic link to a file of the repository is that file',
      tree: { 'now.yml': '-> versions/2.yml', 'versions/1.txt': '', 'versions/2.yml': configMap('a') },
      are: ['configmap/a'],
    },
    {
      case: 'a symbolic link to a folder above it ends',
      tree: { 'a/loop': '-> ..', 'a/a.yml': configMap('a') },
      are: ['configmap/a'],
    },
    { case: 'a component is nothing by itself', tree: { 'c/kustomization.yaml': 'kind: Component\n' }, are: [] },
    { case: 'a library chart is nothing by itself', tree: { 'c/Chart.yaml': 'name: lib\ntype: library\n' }, are: [] },
  ])('$case', async ({ tree, paths, are }) => {
    const { objects, failures } = await renderFiles(tree, paths);
    expect({ names: names(objects), failures }).toEqual({ names: are, failures: [] });
  });

  const NO_KUSTOMIZE =
    'kustomize: expected the command no-kustomize on the PATH, found none. Install it, or say where it is with --kustomize.';
  test.each<{ case: string; tree: Tree; paths?: readonly string[]; failures: Readonly<Record<string, string>> }>([
    {
      case: 'a path that is not there: it is no reason to prune',
      tree: {},
      paths: ['k8s'],
      failures: { k8s: 'expected a file or folder of the repository, found none' },
    },
    {
      case: 'a path that leads out',
      tree: {},
      paths: ['../k8s'],
      failures: { '../k8s': 'it leads out of the repository' },
    },
    {
      case: 'a symbolic link that leads out',
      tree: { 'k8s/passwd.yml': '-> /etc/passwd', 'k8s/etc': '-> /etc' },
      failures: {
        'k8s/etc': 'it leads out of the repository',
        'k8s/passwd.yml': 'it leads out of the repository',
      },
    },
    {
      case: 'a symbolic link that leads nowhere, of a manifest or of what may be a folder; a document is none',
      tree: {
        'k8s/a.yml': '-> b.yml',
        'k8s/base': '-> ../base-that-moved',
        'k8s/example.com': '-> ../sites/example.com',
        'k8s/Kustomization.d': '-> nowhere',
        'k8s/README.md': '-> nowhere',
        'k8s/.hidden': '-> nowhere',
      },
      failures: Object.fromEntries(
        ['a.yml', 'base', 'example.com', 'Kustomization.d'].map((name) => [
          `k8s/${name}`,
          'expected a file or folder of the repository, found none',
        ]),
      ),
    },
    {
      case: 'a kustomization that is a symbolic link to nothing: the files beside it are not taken for manifests',
      tree: { 'k8s/kustomization.yaml': '-> nothing.yaml', 'k8s/a.yml': configMap('a') },
      failures: { k8s: 'expected one of kustomization.yaml, kustomization.yml, Kustomization, found none' },
    },
    {
      case: 'paths with nothing in them: gone, empty, or with other files alone',
      tree: { 'docs/README.md': '# hi', 'notes.txt': 'hi', 'empty/.gitkeep': '' },
      paths: ['gone', 'docs', 'notes.txt', 'empty'],
      failures: {
        gone: 'expected a file or folder of the repository, found none',
        docs: NOTHING_THERE,
        'notes.txt': NOTHING_THERE,
        empty: NOTHING_THERE,
      },
    },
    {
      case: 'a repository with nothing in it',
      tree: { 'README.md': '# hi' },
      failures: { '.': NOTHING_THERE },
    },
    {
      case: 'pointers of Git LFS: a manifest, a document, and what a kustomization names',
      tree: {
        'a.yaml': LFS_POINTER,
        'b.yaml': `# comment\n---\n${LFS_POINTER}`,
        'k/kustomization.yaml': 'configMapGenerator: [{ name: a, files: [board=board.json] }]\n',
        'k/board.json': LFS_POINTER,
      },
      failures: {
        'a.yaml': KEPT_IN_LFS,
        'b.yaml': KEPT_IN_LFS,
        'k/kustomization.yaml:1': `configMapGenerator names board.json: ${KEPT_IN_LFS}`,
      },
    },
    {
      case: 'kustomizations where there is no kustomize; their bases and what lies below are not built or read',
      tree: {
        'base/kustomization.yml': kustomization('app.yml'),
        'base/app.yml': configMap('a'),
        'overlays/prod/kustomization.yaml': kustomization('../../base'),
        'overlays/test/Kustomization': kustomization('../prod'),
        'single/kustomization.yaml': kustomization(),
        'single/below/kustomization.yaml': kustomization(),
      },
      failures: { 'overlays/test/Kustomization': NO_KUSTOMIZE, 'single/kustomization.yaml': NO_KUSTOMIZE },
    },
    {
      case: 'kustomizations that are made of each other: none is passed over',
      tree: {
        'a/kustomization.yaml': kustomization('../b'),
        'b/kustomization.yaml': kustomization('../a'),
      },
      failures: { 'a/kustomization.yaml': NO_KUSTOMIZE, 'b/kustomization.yaml': NO_KUSTOMIZE },
    },
    {
      case: 'a chart where there is no helm; a kustomization beside it comes first',
      tree: {
        'a/Chart.yaml': 'name: a\n',
        'a/templates/a.yml': '{{ nothing }}',
        'b/Chart.yaml': 'name: b\n',
        'b/kustomization.yaml': '',
      },
      failures: {
        'b/kustomization.yaml': NO_KUSTOMIZE,
        'a/Chart.yaml':
          'helm: expected the command no-helm on the PATH, found none. Install it, or say where it is with --helm.',
      },
    },
    {
      case: 'a chart that cannot be read',
      tree: { 'a/Chart.yaml': 'name: [\n', 'b/Chart.yaml': 'annotations: { sluice.dev/release: 1 }\n' },
      failures: {
        'a/Chart.yaml': 'a/Chart.yaml: expected YAML with name, type and annotations as text',
        'b/Chart.yaml': 'b/Chart.yaml: expected YAML with name, type and annotations as text',
      },
    },
    {
      case: 'a chart with a symbolic link that leads out',
      tree: { 'a/Chart.yaml': 'name: a\n', 'a/files/secret': '-> /etc/passwd' },
      failures: { 'a/Chart.yaml': 'a/files/secret: it leads out of the repository or nowhere' },
    },
  ])('$case', async ({ tree, paths, failures }) => {
    const rendered = await renderFiles(tree, paths);
    expect(rendered.objects).toEqual([]);
    expect(Object.fromEntries(rendered.failures.map(({ subject, reason }) => [subject, reason]))).toEqual(failures);
  });
});

describe('a kustomization is refused before it is built', () => {
  const elsewhere = (field: string, what: string) =>
    `${field} names ${what}, which is not in the repository, and nothing is fetched: put a copy of it there`;
  test.each([
    {
      names: 'a base by URL',
      line: 'resources: [https://github.com/a/b//k8s?ref=v1]',
      reason: elsewhere('resources', 'https://github.com/a/b//k8s?ref=v1'),
    },
    {
      names: 'a base by host',
      line: 'resources: [github.com/a/b?ref=v1]',
      reason: elsewhere('resources', 'github.com/a/b?ref=v1'),
    },
    {
      names: 'a base by SSH',
      line: 'bases: [git@github.com:a/b.git]',
      reason: elsewhere('bases', 'git@github.com:a/b.git'),
    },
    {
      names: 'a component elsewhere',
      line: 'components: [ssh://git@example.com/a]',
      reason: elsewhere('components', 'ssh://git@example.com/a'),
    },
    {
      names: 'a transformer elsewhere',
      line: 'transformers: [example.com/a/b]',
      reason: elsewhere('transformers', 'example.com/a/b'),
    },
    {
      names: 'a patch by URL',
      line: 'patches: [{ path: "https://example.com/a.yml" }]',
      reason: elsewhere('patches', 'https://example.com/a.yml'),
    },
    {
      names: 'a patch by URL with a query',
      line: 'patches: [{ path: "https://example.com/a.yml?a=b" }]',
      reason: elsewhere('patches', 'https://example.com/a.yml?a=b'),
    },
    {
      names: 'a file of a generator by URL',
      line: 'secretGenerator: [{ name: a, files: [a=https://example.com/a] }]',
      reason: elsewhere('secretGenerator', 'https://example.com/a'),
    },
    {
      names: 'a folder above the repository',
      line: 'resources: [../../other]',
      reason: 'resources names ../../other, which leads out of the repository',
    },
    {
      names: 'a link that leads out',
      line: 'resources: [out]',
      reason: 'resources names out, which leads out of the repository',
    },
  ])('that names $names', async ({ line, reason }) => {
    const { failures } = await renderFiles({ 'k8s/kustomization.yaml': `# hello\n${line}\n`, 'k8s/out': '-> /etc' });
    expect(failures).toEqual([{ subject: 'k8s/kustomization.yaml:2', reason }]);
  });

  test('that is made of one which names a base elsewhere; none of its bases is applied in its place', async () => {
    const { objects, failures } = await renderFiles({
      'a/kustomization.yaml': 'resources: [../b, ../c]\n',
      'b/kustomization.yaml': 'resources: [github.com/a/b]\n',
      'c/kustomization.yaml': 'resources: []\n',
    });
    expect(objects).toEqual([]);
    expect(failures).toEqual([{ subject: 'b/kustomization.yaml:1', reason: elsewhere('resources', 'github.com/a/b') }]);
  });
});
