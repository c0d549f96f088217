import { describe, expect, test } from 'vitest';
import { scanFile } from '../../../../shared/manifest/scan.ts';
import { application } from '../../../fakes/argo.ts';
import { deployment } from '../manifests.ts';

/** `object container: part text, …` of each place. */
function places(file: string, text: string): readonly string[] {
  const { marked, faults } = scanFile(file, text);
  expect(faults).toEqual([]);
  return marked.map(
    ({ object, container, scalars }) =>
      `${object} ${container}: ${scalars.map((scalar) => `${scalar.part} ${scalar.text}`).join(', ')}`,
  );
}

describe('where a file may hold an image, for objects elsewhere to name', () => {
  test.each([
    {
      name: 'a kustomization by the name of its file',
      file: 'a/kustomization.yml',
      text: 'images:\n- {name: web, newName: o/web, newTag: 1.10}\n- {name: db, digest: sha256:a}\n- {name: none}\n- {newTag: "1"}',
      found: ['kustomization web: tag 1.10, name o/web', 'kustomization db: digest sha256:a, name db'],
    },
    {
      name: 'a kustomization by its kind, a component too',
      file: 'a.yaml',
      text: 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages: [{name: web, newTag: v1}]',
      found: ['kustomization web: tag v1, name web'],
    },
    {
      name: 'none in a Kustomization of Flux',
      file: 'a.yaml',
      text: 'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {images: [{name: web, newTag: v1}]}\nimages: [{name: web, newTag: v1}]',
      found: [],
    },
    {
      name: 'values of a chart, tags and whole images',
      file: 'values.yaml',
      text: 'image: {repository: o/web, tag: 1.10, pullPolicy: Always}\nside:\n- name: o/side:v1\nappVersion: "2"\nempty: {tag: ""}\nnote: {tag: a b}',
      found: ['values image.tag: version 1.10', 'values side[0].name: whole o/side:v1', 'values appVersion: version 2'],
    },
    {
      name: 'a tag with its digest',
      file: 'values.yaml',
      text: `image: {tag: "main@sha256:${'a'.repeat(64)}"}`,
      found: [`values image.tag: version main@sha256:${'a'.repeat(64)}`],
    },
    {
      name: 'none under a name with a space, which no trailer could have',
      file: 'values.yaml',
      text: 'my image: {tag: "1"}',
      found: [],
    },
    {
      name: 'an Application',
      file: 'a.yaml',
      text: application({
        source:
          'path: a, helm: {parameters: [{name: image.tag, value: "1"}, {name: x}], valuesObject: {b: {tag: v2}}}, kustomize: {images: [web=o/web:v3, o/db:v4, o/none]}',
      }),
      found: [
        'application/argocd/web image.tag: version 1',
        'application/argocd/web b.tag: version v2',
        'application/argocd/web web: whole o/web:v3',
        'application/argocd/web o/db: whole o/db:v4',
      ],
    },
    {
      name: 'the file of its parameters',
      file: 'a/.argocd-source-web.yaml',
      text: 'helm: {parameters: [{name: image.tag, value: "1"}]}\nkustomize: {images: ["localhost:5000/o/web:1"]}',
      found: ['parameters image.tag: version 1', 'parameters localhost:5000/o/web: whole localhost:5000/o/web:1'],
    },
    {
      name: 'none in other objects',
      file: 'a.yaml',
      text: 'kind: ConfigMap\nmetadata: {name: a}\nimage: {tag: "1"}',
      found: [],
    },
    {
      name: 'no tag that a marker says something of',
      file: 'values.yaml',
      text: 'image:\n  repository: o/web\n  tag: "1" # {"$imagepolicy": "a:b:tag"}\n',
      found: ['document image: tag 1'],
    },
    {
      name: 'values that contain themselves, as far as they are followed',
      file: 'values.yaml',
      text: 'a: &a {x: *a, y: *a}\ntag: v1',
      found: ['values tag: version v1'],
    },
  ])('$name', ({ file, text, found }) => {
    expect(places(file, text)).toEqual(found);
  });

  test('of a file of values no more than are kept', () => {
    const text = Array.from({ length: 300 }, (_, index) => `v${index}: {tag: v1}`).join('\n');
    expect(places('values.yaml', text)).toHaveLength(200);
  });

  test('of a file of many documents no more than are kept, and no image is left out for them', () => {
    const values = Array.from({ length: 200 }, (_, index) => `v${index}: {image: {tag: v1}}\n`).join('');
    const text = `${`${values}---\n`.repeat(30)}${deployment('o/web:1')}`;
    const { marked, sites, faults } = scanFile('all.yaml', text);
    expect([marked.length, sites.length, faults]).toEqual([1000, 1, []]);
  });

  test('not of values that are a template, which is no fault where they name no image', () => {
    expect(places('values.yaml', 'web: {tag: {{ .tag }}}\n: [')).toEqual([]);
    expect(scanFile('values.yaml', 'image: {tag: {{ .tag }}}\n: [').faults).toHaveLength(1);
  });

  test.each([
    { name: 'more items than a manifest has', text: `image: [${'0,'.repeat(60_000)}]` },
    { name: 'more fields by aliases', text: `a: &a [${'0,'.repeat(999)}]\nimage: [${'*a,'.repeat(999)}]` },
  ])('none where a text has $name, and that is no fault', ({ text }) => {
    expect(places('data.yaml', text)).toEqual([]);
  });
});
