import { describe, expect, test } from 'vitest';
import { renderFiles, type Tree } from './tree.ts';

const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\n`;

async function renderNames(tree: Tree, paths?: readonly string[]) {
  const { objects, failures } = await renderFiles(tree, paths);
  return {
    names: objects.map(({ manifest }) => manifest.metadata.name),
    failures: Object.fromEntries(failures.map(({ subject, reason }) => [subject, reason])),
  };
}

describe('.sourceignore leaves out', () => {
  test.each<{ what: string; ignore: Tree; names: readonly string[]; paths?: readonly string[] }>([
    { what: 'nothing where there is none', ignore: {}, names: ['b', 'c', 'd'] },
    { what: 'a file by its name, at any depth', ignore: { '.sourceignore': 'b.yaml\n' }, names: ['c', 'd'] },
    { what: 'a folder', ignore: { '.sourceignore': '# hi\n\napps/old/\n' }, names: ['b', 'c'] },
    {
      what: 'by a pattern, in the case as it is written',
      ignore: { '.sourceignore': '*.YAML\nc.*' },
      names: ['b', 'd'],
    },
    { what: 'all but what is taken in again', ignore: { '.sourceignore': '/*\n!/apps' }, names: ['b', 'c', 'd'] },
    {
      what: 'all but a folder below one that was left out, as Flux does and Git does not',
      ignore: { '.sourceignore': '/*\n!/apps/old\n' },
      names: ['d'],
    },
    { what: 'by the last line that fits', ignore: { '.sourceignore': '!b.yaml\nb.yaml' }, names: ['c', 'd'] },
    { what: 'only from its own folder on', ignore: { 'apps/old/.sourceignore': '*.yaml' }, names: ['b', 'c'] },
    {
      what: 'by a file above the path, which one below it undoes',
      ignore: { '.sourceignore': '*.yaml', 'apps/old/.sourceignore': '!d.yaml' },
      names: ['d'],
      paths: ['apps'],
    },
    {
      what: 'what Flux leaves out by itself, where nobody says anything',
      ignore: { 'apps/appveyor.yml': configMap('ci'), 'cloudbuild.yaml': configMap('ci') },
      names: ['b', 'c', 'd'],
    },
    {
      what: 'not that where somebody does',
      ignore: { '.sourceignore': 'nothing', 'cloudbuild.yaml': configMap('ci') },
      names: ['b', 'c', 'd', 'ci'],
    },
    {
      what: 'a kustomization and a chart, as if they were not there',
      ignore: {
        '.sourceignore': 'Chart.yaml\nkustomization.yaml\nvalues.yaml',
        'x/kustomization.yaml': 'resources: []',
        'x/y/Chart.yaml': 'name: y',
        'x/y/values.yaml': 'a: b',
        'x/e.yaml': configMap('e'),
      },
      names: ['b', 'c', 'd', 'e'],
    },
  ])('$what', async ({ ignore, names, paths }) => {
    const tree = {
      'apps/b.yaml': configMap('b'),
      'apps/c.yaml': configMap('c'),
      'apps/old/d.yaml': configMap('d'),
      ...ignore,
    };
    expect(await renderNames(tree, paths)).toEqual({ names, failures: {} });
  });

  test.each<{ what: string; tree: Tree; paths?: readonly string[]; failures: Readonly<Record<string, string>> }>([
    {
      what: 'a path that was asked for: it is no reason to prune',
      tree: { '.sourceignore': 'k8s', 'k8s/a.yaml': configMap('a') },
      paths: ['k8s'],
      failures: { k8s: 'expected manifests (.yaml, .yml or .json), a kustomization or a chart, found none' },
    },
    {
      what: 'what a kustomization names',
      tree: {
        '.sourceignore': 'secret.txt',
        'k8s/kustomization.yaml': 'configMapGenerator: [{ name: a, files: [../secret.txt] }]',
        'secret.txt': 'a',
      },
      paths: ['k8s'],
      failures: {
        'k8s/kustomization.yaml:1': 'configMapGenerator names ../secret.txt: it is left out by .sourceignore',
      },
    },
    {
      what: 'a part of a chart',
      tree: { '.sourceignore': 'b.yaml', 'c/Chart.yaml': 'name: c', 'c/templates/b.yaml': configMap('b') },
      failures: {
        'c/templates/b.yaml': 'a part of a chart cannot be left out by .sourceignore: leave out all of it',
      },
    },
    {
      what: 'and cannot be read: what it would leave out is not applied',
      tree: { 'k8s/.sourceignore': '-> /etc/passwd', 'k8s/a.yaml': configMap('a') },
      failures: { 'k8s/.sourceignore': 'it leads out of the repository' },
    },
    {
      what: 'and is too large',
      tree: { '.sourceignore': 'a\n'.repeat(40_000), 'k8s/a.yaml': configMap('a') },
      failures: { '.sourceignore': 'it has more than 64 KiB' },
    },
  ])('a failure where it leaves out $what', async ({ tree, paths, failures }) => {
    expect(await renderNames(tree, paths)).toEqual({ names: [], failures });
  });
});
