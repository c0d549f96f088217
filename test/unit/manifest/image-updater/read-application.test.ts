import { describe, expect, test } from 'vitest';
import { readApplication } from '../../../../shared/manifest/image-updater/read-application.ts';
import { fieldsOf } from './fields-of.ts';

function read(metadata: readonly string[], spec: readonly string[]): ReturnType<typeof readApplication> {
  const lines = [
    'metadata:',
    '  name: web',
    ...metadata.map((line) => `  ${line}`),
    'spec:',
    ...spec.map((line) => `  ${line}`),
  ];
  return readApplication(fieldsOf(lines), 'web', 'argocd');
}

describe('the sources of an Application', () => {
  test.each([
    {
      name: 'one with a path',
      spec: ['source: { repoURL: "https://h/o/r", path: ./apps/web/, targetRevision: main, kustomize: {} }'],
      sources: [
        {
          repository: 'https://h/o/r',
          path: 'apps/web',
          revision: 'main',
          isOfTool: true,
          ref: undefined,
          valueFiles: [],
          hasTextOfValues: false,
        },
      ],
    },
    {
      name: 'a chart of the repository with files of values',
      spec: [
        'source: { repoURL: "https://h/o/r", path: charts/web, helm: { valueFiles: [prod.yaml, ../common.yaml], values: "a: b" } }',
      ],
      sources: [
        {
          repository: 'https://h/o/r',
          path: 'charts/web',
          revision: undefined,
          isOfTool: true,
          ref: undefined,
          valueFiles: [
            { file: 'charts/web/prod.yaml', ref: undefined },
            { file: 'charts/common.yaml', ref: undefined },
          ],
          hasTextOfValues: true,
        },
      ],
    },
    {
      name: 'a chart of another place with values of this one',
      spec: [
        'sources:',
        '  - { repoURL: "https://charts.example.com", chart: web, targetRevision: 1.0.0, helm: { valueFiles: [$values/envs/web.yaml] } }',
        '  - { repoURL: "https://h/o/r", ref: values }',
      ],
      sources: [
        {
          repository: 'https://charts.example.com',
          path: undefined,
          revision: '1.0.0',
          isOfTool: true,
          ref: undefined,
          valueFiles: [{ file: 'envs/web.yaml', ref: 'values' }],
          hasTextOfValues: false,
        },
        {
          repository: 'https://h/o/r',
          path: undefined,
          revision: undefined,
          isOfTool: false,
          ref: 'values',
          valueFiles: [],
          hasTextOfValues: false,
        },
      ],
    },
  ])('$name', ({ spec, sources }) => {
    expect(read([], spec).sources).toEqual(sources);
  });
});

describe('the images of an Application', () => {
  const list = 'argocd-image-updater.argoproj.io/image-list: web=app:~1';

  test('are those of its annotations, with where they are written', () => {
    const found = read(
      [
        'labels: { tier: front }',
        'annotations:',
        `  ${list}`,
        '  argocd-image-updater.argoproj.io/write-back-method: git',
      ],
      ['source: { path: apps/web }'],
    );
    expect(found).toMatchObject({
      name: 'web',
      namespace: 'argocd',
      labels: { tier: 'front' },
      writeBack: { method: 'git' },
      annotated: { faults: [], images: [{ alias: 'web', image: 'app', policy: { line: 'semver:~1' } }] },
    });
  });

  test('are none without annotations', () => {
    expect(read([], ['source: { path: a }']).annotated).toBeUndefined();
  });

  test.each([
    {
      name: 'a switch without quotes',
      annotations: [list, 'argocd-image-updater.argoproj.io/web.force-update: true'],
      refused: 'metadata.annotations argocd-image-updater.argoproj.io/web.force-update is no text; put true in quotes',
    },
    {
      name: 'a text that is longer than any list',
      annotations: [list, `argocd-image-updater.argoproj.io/web.ignore-tags: ${'a'.repeat(8193)}`],
      refused:
        'metadata.annotations argocd-image-updater.argoproj.io/web.ignore-tags has 8193 characters; expected 8192 at most',
    },
  ])('are refused for $name', ({ annotations, refused }) => {
    const { annotated } = read(['annotations:', ...annotations.map((line) => `  ${line}`)], ['source: { path: a }']);
    expect(annotated).toMatchObject({ images: [{ policy: { refused } }], faults: [refused] });
  });

  test('are refused for more annotations than are read, where one of them is left out', () => {
    const many = Array.from(
      { length: 200 },
      (_, at) => `  argocd-image-updater.argoproj.io/a${at}.platforms: linux/amd64`,
    );
    const { annotated } = read(['annotations:', `  ${list}`, ...many], ['source: { path: a }']);
    expect(annotated?.images[0]?.policy).toEqual({
      refused: 'metadata.annotations has 201 entries; expected 200 at most',
    });
  });
});
