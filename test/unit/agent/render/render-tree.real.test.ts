// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are what users write
import { describe, expect, test } from 'vitest';
import type { Capabilities } from '../../../../infra/agent/cluster/capabilities.ts';
import type { ChartMemory } from '../../../../infra/agent/render/chart-memory.ts';
import { renderTree } from '../../../../infra/agent/render/render-tree.ts';
import { openTools, type Tools } from '../../../../infra/agent/render/tools.ts';
import { layerBinary } from '../../../cluster/installed-parts.ts';
import { partPath } from '../../../cluster/parts.ts';
import { FOR_CHARTS, memoryOfCharts, type Tree, toolsOf, writeTree } from './tree.ts';

const helm = layerBinary('helm');
const sops = partPath('sops');
const tools = toolsOf({ kustomize: partPath('kustomize'), helm, sops });

const configMap = (name: string, data = 'a: b') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { ${data} }\n`;

async function renderAll(
  directory: string,
  more: {
    with?: Tools;
    ageKeyFile?: string;
    variables?: Readonly<Record<string, string>>;
    chartMemory?: ChartMemory;
    capabilities?: Capabilities;
  } = {},
) {
  const { objects, skipped, failures } = await renderTree(directory, [''], {
    tools: more.with ?? tools,
    ...FOR_CHARTS,
    ...(more.chartMemory && { chartMemory: more.chartMemory }),
    ...(more.capabilities && { capabilities: async () => more.capabilities as Capabilities }),
    ageKeyFile: more.ageKeyFile,
    variables: more.variables && new Map(Object.entries(more.variables)),
  });
  const told = ({ manifest: { kind, metadata, data, spec }, place }: (typeof objects)[number]) => ({
    is: [kind.toLowerCase(), metadata.namespace, metadata.name].filter(Boolean).join('/'),
    place,
    ...(data === undefined ? {} : { data }),
    ...(spec === undefined ? {} : { spec }),
  });
  return { objects: objects.map(told), skipped: skipped.map(told), failures };
}
const renderOf = async (tree: Tree, more: Parameters<typeof renderAll>[1] = {}) => renderAll(writeTree(tree), more);

const OVERLAYS: Tree = {
  'plain.yml': configMap('plain'),
  'base/kustomization.yaml':
    'resources: [app.yml]\nconfigMapGenerator: [{ name: made, literals: [x=y], options: { disableNameSuffixHash: true } }]\n',
  'base/app.yml': configMap('app'),
  'overlays/prod/kustomization.yaml':
    'namespace: prod\nnamePrefix: p-\nresources: [../../base]\npatches: [{ path: patch.yml }]\n',
  'overlays/prod/patch.yml': configMap('app', 'a: patched'),
};

describe.each([
  { command: 'kustomize build', with: tools },
  { command: 'kubectl kustomize', with: toolsOf({ kustomize: layerBinary('kubectl') }) },
])('$command', (by) => {
  test('builds overlays; what they are made of is applied once, and plain files beside them as they are', async () => {
    const place = 'overlays/prod/kustomization.yaml';
    expect(await renderOf(OVERLAYS, by)).toEqual({
      objects: [
        { is: 'configmap/plain', place: 'plain.yml:1', data: { a: 'b' } },
        { is: 'configmap/prod/p-app', place, data: { a: 'patched' } },
        { is: 'configmap/prod/p-made', place, data: { x: 'y' } },
      ],
      skipped: [],
      failures: [],
    });
  });

  test.each([
    { case: 'above its folder', line: 'configMapGenerator: [{ name: a, files: [a=../data/x.txt] }]', tree: {} },
    {
      case: 'that a link of its folder leads to',
      line: 'configMapGenerator: [{ name: a, files: [a] }]',
      tree: { 'k8s/a': '-> ../data/x.txt' },
    },
    {
      case: 'that its base reads',
      line: 'resources: [../base]',
      tree: { 'base/kustomization.yaml': 'configMapGenerator: [{ name: a, envs: [../data/x.env] }]\n' },
    },
    {
      case: 'that a generator of its own kind names',
      line: 'generators: [../data/generator.yaml]',
      tree: {
        'data/generator.yaml':
          'apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: { name: a }\nfiles: [a=../data/x.txt]\n',
      },
    },
  ])('reads a file of the repository $case', async ({ line, tree }) => {
    const generated = 'generatorOptions: { disableNameSuffixHash: true }\n';
    const options = line.includes('../base') || line.startsWith('generators') ? '' : generated;
    const { objects, failures } = await renderOf(
      { 'k8s/kustomization.yaml': `${options}${line}\n`, 'data/x.txt': 'hello', 'data/x.env': 'a=hello\n', ...tree },
      by,
    );
    expect(failures).toEqual([]);
    expect(objects).toEqual([
      {
        is: expect.stringMatching(/^configmap\/a(-\w+)?$/),
        place: 'k8s/kustomization.yaml',
        data: { a: 'hello' },
      },
    ]);
  });

  test('applies a resource and a patch from outside of its folder by the kustomization alone', async () => {
    const { objects, failures } = await renderOf(
      {
        'k8s/kustomization.yaml':
          'namespace: prod\nresources: [../shared/app.yml]\npatches: [{ path: ../shared/patch.yml }]\n',
        'shared/app.yml': configMap('app'),
        'shared/patch.yml': configMap('app', 'a: patched'),
        'shared/other.yml': configMap('other'),
      },
      by,
    );
    expect({ failures, objects }).toEqual({
      failures: [],
      objects: [
        { is: 'configmap/other', place: 'shared/other.yml:1', data: { a: 'b' } },
        { is: 'configmap/prod/app', place: 'k8s/kustomization.yaml', data: { a: 'patched' } },
      ],
    });
  });

  test.each([
    {
      case: 'a file that is missing',
      line: 'resources: []\nconfigMapGenerator: [{ name: a, files: [nowhere.txt] }]',
      says: /k8s\/nowhere\.txt.* no such file/,
    },
    {
      case: 'a chart to inflate',
      line: 'helmCharts: [{ name: a, repo: "https://charts.example.com", version: "1" }]',
      says: /must specify --enable-helm/,
    },
    { case: 'a function to run', line: 'transformers: [run.yml]', says: /\S/ },
    { case: 'a field that it does not know', line: 'resource: [a.yml]', says: /unknown field "resource"/ },
  ])('refuses $case in its own words, and the rest goes on', async ({ line, says }) => {
    const run =
      'apiVersion: x/v1\nkind: X\nmetadata: { name: x, annotations: { config.kubernetes.io/function: "exec: { path: ./run.sh }" } }\n';
    const { objects, failures } = await renderOf(
      {
        'plain.yml': configMap('plain'),
        'k8s/kustomization.yaml': `${line}\n`,
        'k8s/plain': '-> ../plain.yml',
        'k8s/run.yml': run,
        'k8s/run.sh': '#!/bin/sh\necho ran >&2\n',
      },
      by,
    );
    expect(objects.map(({ is }) => is)).toEqual(['configmap/plain']);
    expect(failures).toEqual([{ subject: 'k8s/kustomization.yaml', reason: expect.stringMatching(says) }]);
    expect(failures[0]?.reason).toMatch(/^kustomize: /);
    expect(failures[0]?.reason).not.toMatch(/\bran\b|sluice-tree/);
  });
});

test('kustomize that needs more memory than it may have says so', async () => {
  const small = openTools({
    commands: { kustomize: partPath('kustomize'), helm, sops },
    searchPath: process.env['PATH'] ?? '',
    timeoutMillis: 60_000,
    memoryBytes: 128 * 1024 * 1024,
    outputBytes: 1024,
    sandbox: 'best-effort',
  });
  const { failures } = await renderOf(
    { 'kustomization.yaml': 'configMapGenerator: [{ name: a, files: [big] }]\n', big: 'a'.repeat(30_000_000) },
    { with: small },
  );
  expect(failures).toEqual([
    {
      subject: 'kustomization.yaml',
      reason: 'kustomize: it crashed, as it does where 128 MiB of memory are not enough',
    },
  ]);
});

describe('helm template', () => {
  const chart = (more = '') => `apiVersion: v2\nname: hello\nversion: 0.1.0\n${more}`;
  const TEMPLATE = `apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }}-{{ .Chart.Name }}, namespace: {{ .Release.Namespace }} }
data: { size: {{ .Values.size | quote }} }
`;

  test('renders a chart with its values, its definitions and the charts below it; tests are left out', async () => {
    const hook = (name: string, moment: string) =>
      `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, annotations: { helm.sh/hook: ${moment} } }\n`;
    const { objects, skipped, failures } = await renderOf({
      'apps/hello/Chart.yaml': chart(),
      'apps/hello/values.yaml': 'size: 3\n',
      'apps/hello/templates/_names.tpl': '{{ define "x" }}{{ end }}',
      'apps/hello/templates/a.yaml': TEMPLATE,
      'apps/hello/templates/hooks.yaml': `${hook('before', 'pre-install')}---\n${hook('bye', 'pre-delete')}---\n${hook('try', 'test')}`,
      'apps/hello/templates/NOTES.txt': 'hello',
      'apps/hello/crds/d.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: definition }\n',
      'apps/hello/charts/below/Chart.yaml': 'apiVersion: v2\nname: below\nversion: 0.1.0\n',
      'apps/hello/charts/below/templates/a.yaml': TEMPLATE,
    });
    expect(failures).toEqual([]);
    expect(objects.toSorted((a, b) => a.is.localeCompare(b.is))).toEqual([
      { is: 'configmap/shop/definition', place: 'apps/hello/crds/d.yaml' },
      { is: 'configmap/shop/hello-below', place: 'apps/hello/charts/below/templates/a.yaml', data: { size: null } },
      { is: 'configmap/shop/hello-hello', place: 'apps/hello/templates/a.yaml', data: { size: '3' } },
      { is: 'pod/shop/before', place: 'apps/hello/templates/hooks.yaml' },
    ]);
    expect(skipped).toEqual([{ is: 'pod/shop/bye', place: 'apps/hello/templates/hooks.yaml' }]);
  });

  test('takes the release and the namespace that the chart asks for, and fills variables in afterwards', async () => {
    const annotations = 'annotations: { sluice.dev/release: blue, sluice.dev/namespace: teal }\n';
    const { objects } = await renderOf(
      { 'Chart.yaml': chart(annotations), 'values.yaml': 'size: ${SIZE}\n', 'templates/a.yaml': TEMPLATE },
      { variables: { SIZE: '7' } },
    );
    expect(objects).toEqual([{ is: 'configmap/teal/blue-hello', place: 'templates/a.yaml', data: { size: '7' } }]);
  });

  test('tells the chart what the cluster is', async () => {
    const { objects } = await renderOf(
      {
        'Chart.yaml': chart(),
        'templates/a.yaml': `apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data:
  version: {{ .Capabilities.KubeVersion.Version }}
  widgets: {{ .Capabilities.APIVersions.Has "example.com/v1/Widget" | quote }}
`,
      },
      {
        capabilities: { kubeVersion: 'v1.31.2-eks-7', apiVersions: ['v1', 'example.com/v1', 'example.com/v1/Widget'] },
      },
    );
    expect(objects).toMatchObject([{ data: { version: 'v1.31.2-eks-7', widgets: 'true' } }]);
  });

  test('puts what has no namespace into that of the release', async () => {
    const object = (kind: string, more = '') => `apiVersion: v1\nkind: ${kind}\nmetadata: { name: a${more} }\n`;
    const { objects } = await renderOf({
      'Chart.yaml': chart('annotations: { sluice.dev/namespace: teal }\n'),
      'templates/a.yaml': `${object('Service')}---\n${object('Pod', ', namespace: ""')}---\n${object('Secret', ', namespace: red')}`,
    });
    expect(objects.map(({ is }) => is).toSorted()).toEqual(['pod/teal/a', 'secret/red/a', 'service/teal/a']);
  });

  test('keeps a random value while chart, values and cluster version stay', async () => {
    const tree = {
      'Chart.yaml': chart(),
      'values.yaml': 'size: 8\n',
      'templates/a.yaml': `apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { token: {{ randAlphaNum 20 }}, size: {{ .Values.size | quote }}, lines: "---" }
`,
    };
    const chartMemory = memoryOfCharts();
    const at = (kubeVersion: string) => ({ chartMemory, capabilities: { kubeVersion, apiVersions: ['v1'] } });
    const tokenOf = async (files: Tree, kubeVersion = 'v1.33.1') => {
      const { objects, failures } = await renderOf(files, at(kubeVersion));
      expect(failures).toEqual([]);
      return (objects[0]?.data as { token?: string } | undefined)?.token;
    };
    const first = await tokenOf(tree);
    expect(first).toMatch(/^\w{20}$/);
    // Each of these reads and renders all anew, as an agent does that was started again.
    expect(await tokenOf(tree)).toBe(first);
    expect(await tokenOf(tree, 'v1.33.9')).toBe(first);
    expect(await tokenOf(tree, 'v1.34.0')).not.toBe(first);
    expect(await tokenOf({ ...tree, 'values.yaml': 'size: 9\n' })).not.toBe(first);
  });

  describe('has no chart deployed twice', () => {
    const object = (text: string) =>
      `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: ${text} }\n`;
    const application = (path: string) =>
      `${object(path.split('/').at(-1) ?? '')}spec: { source: { repoURL: "https://git.example.com/a/b", path: ${path} } }\n`;
    const web = { 'charts/web/Chart.yaml': chart(), 'charts/web/templates/a.yaml': configMap('web') };

    test.each<{ case: string; tree: Tree; are: readonly string[] }>([
      {
        case: 'that nobody names',
        tree: { 'a.yml': application('charts/other') },
        are: ['application/other', 'configmap/shop/web'],
      },
      { case: 'that an application names', tree: { 'a.yml': application('charts/web') }, are: ['application/web'] },
      {
        case: 'that a chart has an application of',
        tree: { 'apps/Chart.yaml': chart(), 'apps/templates/a.yaml': application('charts/web') },
        are: ['application/shop/web'],
      },
      {
        case: 'that a chart names which comes after it',
        tree: { 'xapps/Chart.yaml': chart(), 'xapps/templates/a.yaml': application('charts/web') },
        are: ['application/shop/web'],
      },
      {
        case: 'that an application of applications names in turn',
        tree: {
          'root.yml': application('apps'),
          'apps/Chart.yaml': chart(),
          'apps/templates/a.yaml': application('charts/web'),
        },
        are: ['application/apps'],
      },
      {
        case: 'that a library is for, which is no object',
        tree: { 'charts/lib/Chart.yaml': 'apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n' },
        are: ['configmap/shop/web'],
      },
    ])('$case', async ({ tree, are }) => {
      const { objects, failures } = await renderOf({ ...web, ...tree });
      expect(failures).toEqual([]);
      expect(objects.map(({ is }) => is)).toEqual(are);
    });

    test('but what an application needs values for, and may name, holds up the others', async () => {
      const { objects, failures } = await renderOf({
        ...web,
        'root.yml': application('apps'),
        'apps/Chart.yaml': chart(),
        'apps/templates/a.yaml': `{{ required "no path" .Values.path }}\n${application('charts/web')}`,
      });
      expect(objects.map(({ is }) => is)).toEqual(['application/apps']);
      expect(failures).toEqual([
        {
          subject: 'charts/web/Chart.yaml',
          reason: 'it is held up: apps cannot be read, and may have another controller deploy it',
        },
      ]);
    });

    test('and one that needs the values of its release is no failure', async () => {
      const { failures } = await renderOf({
        ...web,
        'a.yml': application('charts/web'),
        'charts/web/templates/b.yaml': '{{ required "no size" .Values.size }}\n',
      });
      expect(failures).toEqual([]);
    });
  });

  test.each([
    {
      case: 'a template that fails',
      tree: { 'c/templates/a.yaml': '{{ fail "no size" }}' },
      says: /hello\/templates\/a\.yaml:1:3.*no size/,
    },
    {
      case: 'a dependency that is not under charts',
      more: 'dependencies: [{ name: db, version: "1", repository: "https://charts.example.com" }]\n',
      says: /found in Chart\.yaml, but missing in charts\/ directory: db/,
    },
    {
      case: 'a schema of values that is fetched',
      tree: { 'c/values.schema.json': '{"properties":{"a":{"$ref":"http://127.0.0.1:8080/a.json"}}}' },
      says: /^c\/values\.schema\.json: expected references within the file: nothing is fetched, and nothing read from elsewhere, found http:\/\/127\.0\.0\.1:8080\/a\.json\. Put what it names into its \$defs\.$/,
    },
    {
      case: 'a schema of values that is read from the disk, in a chart below it',
      tree: {
        'c/charts/below/Chart.yaml': 'apiVersion: v2\nname: below\nversion: 0.1.0\n',
        'c/charts/below/values.schema.json': '{"allOf":[{"$ref":"file:///etc/passwd"}]}',
      },
      says: /^c\/charts\/below\/values\.schema\.json: .* found file:\/\/\/etc\/passwd\./,
    },
    {
      case: 'a schema of values by another schema',
      tree: { 'c/values.schema.json': '{"$schema":"https://127.0.0.1/schema"}' },
      says: /^c\/values\.schema\.json: .* found https:\/\/127\.0\.0\.1\/schema\./,
    },
    {
      case: 'values that are not what their schema says',
      tree: {
        'c/values.yaml': 'size: big\n',
        'c/values.schema.json':
          '{"$schema":"http://json-schema.org/draft-07/schema#","$defs":{"n":{"type":"number"}},"properties":{"size":{"$ref":"#/$defs/n"}}}',
      },
      says: /size.*got string, want number/,
    },
    { case: 'values that are not YAML', tree: { 'c/values.yaml': 'a: [\n' }, says: /cannot load values\.yaml/ },
  ])('refuses $case in its own words, and the rest goes on', async ({ tree, more, says }) => {
    const { objects, failures } = await renderOf({
      'plain.yml': configMap('plain'),
      'c/Chart.yaml': chart(more),
      ...tree,
    });
    expect(objects.map(({ is }) => is)).toEqual(['configmap/plain']);
    expect(failures).toEqual([{ subject: 'c/Chart.yaml', reason: expect.stringMatching(says) }]);
  });
});
