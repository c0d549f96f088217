import { describe, expect, test } from 'vitest';
import { renderTree } from '../../../../infra/agent/render/render-tree.ts';
import { FOR_CHARTS, type Tree, toolsOf, writeTree } from './tree.ts';

const OWN = 'https://git.example.com/shop/infra.git';
const CHART = { 'charts/web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n' };

/** Without helm: a chart that is rendered is a failure that says so. */
async function rendered(tree: Tree, repository: string | undefined = OWN) {
  const { failures, passedOver = [] } = await renderTree(writeTree(tree), [''], {
    ...FOR_CHARTS,
    tools: toolsOf({}),
    repository,
  });
  return {
    failures: failures.map(({ subject }) => subject),
    passedOver: passedOver.map(({ subject, reason }) => `${subject}: ${reason}`),
  };
}

const object = (apiVersion: string, kind: string, spec: object, metadata: object = {}) =>
  JSON.stringify({ apiVersion, kind, metadata: { name: 'web', namespace: 'shop', ...metadata }, spec });
const helmRelease = (chart: string, sourceRef: object = { kind: 'GitRepository', name: 'infra' }) =>
  object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', { chart: { spec: { chart, sourceRef } } });
const gitRepository = (url: string, namespace = 'shop') =>
  object('source.toolkit.fluxcd.io/v1', 'GitRepository', { url }, { name: 'infra', namespace });
const fluxV1 = (apiVersion: string, chart: object) => object(apiVersion, 'HelmRelease', { chart });
const application = (spec: object) => object('argoproj.io/v1alpha1', 'Application', spec);
const applicationSet = (path: string, generators: readonly object[], repoURL = OWN) =>
  object('argoproj.io/v1alpha1', 'ApplicationSet', { generators, template: { spec: { source: { repoURL, path } } } });

describe('a chart is not deployed by itself where the source has', () => {
  const RELEASE = 'charts/web: deployed by helmrelease/shop/web, not by itself';
  const GUESSED = 'charts/web: deployed by helmrelease/shop/web, whose repository is taken for this one, not by itself';
  const APPLICATION = 'charts/web: deployed by application/shop/web, not by itself';
  const SET = 'charts/web: deployed by applicationset/shop/web, not by itself';
  const directories = (...paths: readonly object[]) => ({ git: { repoURL: OWN, directories: paths } });

  test.each<{ what: string; files: readonly string[]; says: string; more?: Tree }>([
    { what: 'a HelmRelease of Flux', files: [helmRelease('./charts/web'), gitRepository(OWN)], says: RELEASE },
    {
      what: 'one whose GitRepository is fetched by SSH',
      files: [helmRelease('charts/web/'), gitRepository('ssh://git@GIT.example.com:2222/Shop/infra')],
      says: RELEASE,
    },
    {
      what: 'one whose GitRepository has another host, which may be a mirror',
      files: [helmRelease('charts/web'), gitRepository('http://gitea.gitea.svc:3000/shop/infra.git')],
      says: RELEASE,
    },
    { what: 'one whose GitRepository is not in it', files: [helmRelease('/charts/web')], says: GUESSED },
    {
      what: 'one whose GitRepository of that name is in another namespace',
      files: [helmRelease('charts/web'), gitRepository('https://git.example.com/a/b', 'flux-system')],
      says: GUESSED,
    },
    {
      what: 'one that names it by a symbolic link',
      files: [helmRelease('charts/current'), gitRepository(OWN)],
      more: { 'charts/current': '-> web' },
      says: RELEASE,
    },
    {
      what: 'one that is to be left alone',
      files: [
        helmRelease('charts/web').replace('"name":"web"', '"name":"web","annotations":{"sluice.dev/ignore":"true"}'),
        gitRepository(OWN),
      ],
      says: RELEASE,
    },
    {
      what: 'a HelmChart of Flux',
      files: [
        object('source.toolkit.fluxcd.io/v1', 'HelmChart', {
          chart: 'charts/web',
          sourceRef: { kind: 'GitRepository', name: 'infra' },
        }),
        gitRepository(OWN),
      ],
      says: 'charts/web: deployed by helmchart/shop/web, not by itself',
    },
    {
      what: 'a HelmRelease of Flux v1',
      files: [fluxV1('helm.fluxcd.io/v1', { git: 'git@git.example.com:shop/infra', path: 'charts/web' })],
      says: RELEASE,
    },
    {
      what: 'an older HelmRelease of Flux v1',
      files: [fluxV1('flux.weave.works/v1beta1', { git: OWN, path: 'charts/web' })],
      says: RELEASE,
    },
    {
      what: 'an Application of Argo CD',
      files: [application({ source: { repoURL: OWN, path: 'charts/web' } })],
      says: APPLICATION,
    },
    {
      what: 'an Application of several sources',
      files: [
        application({
          sources: [
            { repoURL: 'https://a.example.com', chart: 'b' },
            { repoURL: OWN, path: 'charts/web' },
          ],
        }),
      ],
      says: APPLICATION,
    },
    {
      what: 'an ApplicationSet of the folders of a repository',
      files: [applicationSet('{{.path.path}}', [directories({ path: 'charts/*' })])],
      says: SET,
    },
    {
      what: 'an ApplicationSet for each cluster',
      files: [applicationSet('charts/{{name}}', [{ matrix: { generators: [{ clusters: {} }, { list: {} }] } }])],
      says: SET,
    },
  ])('$what', async ({ files, says, more = {} }) => {
    const tree = { ...CHART, ...more, ...Object.fromEntries(files.map((text, index) => [`flux/${index}.yaml`, text])) };
    expect(await rendered(tree)).toEqual({ failures: [], passedOver: [says] });
  });

  test.each<{ what: string; file: string }>([
    {
      what: 'a HelmRelease of a HelmRepository',
      file: helmRelease('charts/web', { kind: 'HelmRepository', name: 'a' }),
    },
    { what: 'a HelmRelease of another folder', file: helmRelease('charts/web2') },
    { what: 'a HelmRelease of a folder above', file: helmRelease('charts') },
    { what: 'a HelmRelease that leads out', file: helmRelease('../charts/web') },
    {
      what: 'an Application of another repository',
      file: application({ source: { repoURL: 'https://git.example.com/shop/other', path: 'charts/web' } }),
    },
    {
      what: 'a HelmRelease of Flux v1 from a repository of charts',
      file: fluxV1('helm.fluxcd.io/v1', { repository: 'https://charts.example.com', name: 'charts/web' }),
    },
    {
      what: 'an ApplicationSet that leaves it out',
      file: applicationSet('{{path}}', [directories({ path: 'charts/*' }, { path: 'charts/web', exclude: true })]),
    },
    { what: 'an ApplicationSet of other folders', file: applicationSet('{{path}}', [directories({ path: 'apps/*' })]) },
    {
      what: 'an Application of another group',
      file: object('app.k8s.io/v1beta1', 'Application', { source: { repoURL: OWN, path: 'charts/web' } }),
    },
  ])('but it is where that is $what', async ({ file }) => {
    expect(await rendered({ ...CHART, 'flux/a.yaml': file })).toEqual({
      failures: ['charts/web/Chart.yaml'],
      passedOver: [],
    });
  });

  test('an Application, of whichever repository, where that of the source is not known', async () => {
    const file = application({ source: { repoURL: 'https://git.example.com/shop/other', path: 'charts/web' } });
    const { passedOver } = await renderTree(writeTree({ ...CHART, 'a.yaml': file }), [''], {
      ...FOR_CHARTS,
      tools: toolsOf({}),
    });
    const reason = 'deployed by application/shop/web, whose repository is taken for this one, not by itself';
    expect(passedOver).toEqual([{ subject: 'charts/web', reason }]);
  });
});

const dependent = (name: string, ...folders: readonly string[]) =>
  `apiVersion: v2\nname: ${name}\nversion: 1.0.0\ndependencies: [${folders
    .map((folder) => `{ name: a, version: "1", repository: "file://${folder}" }`)
    .join(', ')}]\n`;

describe('a chart comes with another', () => {
  test.each<{ what: string; tree: Tree; by: string }>([
    { what: 'that depends on its folder', tree: { 'shop/Chart.yaml': dependent('shop', '../charts/web') }, by: 'shop' },
    {
      what: 'whose requirements.yaml name its folder',
      tree: {
        'shop/Chart.yaml': 'name: shop\n',
        'shop/requirements.yaml': 'dependencies: [{ name: web, repository: "file://../charts/web" }]\n',
      },
      by: 'shop',
    },
  ])('$what', async ({ tree, by }) => {
    expect(await rendered({ ...CHART, ...tree })).toEqual({
      failures: ['shop/Chart.yaml'],
      passedOver: [`charts/web: comes with ${by}, and is not deployed by itself`],
    });
  });

  test('that inflates it, a kustomization', async () => {
    const file = 'helmGlobals: { chartHome: ../charts }\nhelmCharts: [{ name: web, releaseName: web }]\n';
    expect(await rendered({ ...CHART, 'app/kustomization.yaml': file })).toEqual({
      failures: ['app/kustomization.yaml'],
      passedOver: ['charts/web: comes with app/kustomization.yaml, and is not deployed by itself'],
    });
  });

  test('but not where each depends on the other: helm says what is wrong', async () => {
    const tree = { 'a/Chart.yaml': dependent('a', '../b'), 'b/Chart.yaml': dependent('b', '../a') };
    expect(await rendered(tree)).toEqual({ failures: ['a/Chart.yaml', 'b/Chart.yaml'], passedOver: [] });
  });
});

describe('a chart is held up where what cannot be read may have another deploy it', () => {
  const heldBy = (what: string) => ({
    subject: 'charts/web/Chart.yaml',
    reason: `it is held up: ${what} cannot be read, and may have another controller deploy it`,
  });

  // A helm that renders nothing, so that nothing but the hold stops the chart.
  const helm = '#!/bin/sh\necho "# nothing"\n';
  test.each<{ what: string; tree: Tree; by: string }>([
    { what: 'a HelmRelease', tree: { 'a.yaml': 'kind: HelmRelease\nspec: [' }, by: 'a.yaml:2' },
    {
      what: 'a kustomization with a HelmRelease below it',
      tree: { 'app/kustomization.yaml': 'resources: [gone, a.yaml]\n', 'app/a.yaml': 'kind: HelmRelease\n' },
      by: 'app/kustomization.yaml:1',
    },
    {
      what: 'any file, in a source that has HelmReleases',
      tree: {
        'b.yaml': helmRelease('charts/other'),
        'c.yaml': 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n',
      },
      by: 'c.yaml',
    },
  ])('$what', async ({ tree, by }) => {
    const directory = writeTree({ ...CHART, ...tree, '.bin/helm': helm });
    const tools = toolsOf({ helm: `${directory}/.bin/helm` });
    const { failures } = await renderTree(directory, [''], { ...FOR_CHARTS, tools, repository: OWN });
    expect(failures).toContainEqual(heldBy(by));
  });

  test('but not by a file that has nothing to do with it', async () => {
    const directory = writeTree({ ...CHART, 'a.yaml': 'kind: [', '.bin/helm': helm });
    const tools = toolsOf({ helm: `${directory}/.bin/helm` });
    const { failures } = await renderTree(directory, [''], { ...FOR_CHARTS, tools, repository: OWN });
    expect(failures.map(({ subject }) => subject)).toEqual(['a.yaml:1']);
  });
});
