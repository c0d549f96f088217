import { describe, expect, test } from 'vitest';
import { unautomatedReason } from '../../../shared/manifest/dialects/unautomated.ts';
import { scanFile } from '../../../shared/manifest/scan.ts';
import { deployment } from './manifests.ts';

const LINE = 'fluxcd.io/automated: "true"';

function reasonIn(text: string): string {
  const [site] = scanFile('f.yml', text).sites;
  expect(site?.policy).toBeUndefined();
  return site === undefined ? 'no site' : unautomatedReason(site);
}

describe('where nothing asks for updates, the line to write is named', () => {
  test.each([
    {
      name: 'no annotation',
      annotations: [],
      reason: `nothing beside it asks for updates; write ${LINE} and fluxcd.io/tag.web: <filter> in metadata.annotations of deployment/default/web`,
    },
    {
      name: 'annotations of others',
      annotations: ['example.com/team: shop'],
      reason: `nothing beside it asks for updates; write ${LINE} and fluxcd.io/tag.web: <filter> in metadata.annotations of deployment/default/web`,
    },
    {
      name: 'a filter alone',
      annotations: ['fluxcd.io/tag.web: semver:~1'],
      reason: `fluxcd.io/tag.web is there, but nothing asks for updates; write ${LINE} beside it`,
    },
    {
      name: 'a filter of its own prefix alone',
      annotations: ['filter.fluxcd.io/web: semver:~1'],
      reason: `filter.fluxcd.io/web is there, but nothing asks for updates; write ${LINE} beside it`,
    },
    {
      name: 'a lock alone, under the prefix before',
      annotations: ["flux.weave.works/locked: 'true'"],
      reason: `flux.weave.works/locked is there, but nothing asks for updates; write ${LINE} beside it`,
    },
    {
      name: 'updates that are turned off',
      annotations: ["fluxcd.io/automated: 'false'", 'fluxcd.io/tag.web: semver:~1'],
      reason: 'fluxcd.io/automated is "false"; "true" asks for updates',
    },
    {
      name: 'a switch without quotes',
      annotations: ['fluxcd.io/automated: true'],
      reason:
        'the annotation fluxcd.io/automated: true is no text, so that none of the workload counts; put its value in quotes',
    },
    {
      name: 'a number of somebody else',
      annotations: ["fluxcd.io/automated: 'true'", 'example.com/port: 80'],
      reason:
        'the annotation example.com/port: 80 is no text, so that none of the workload counts; put its value in quotes',
    },
    {
      name: 'an annotation of Argo CD Image Updater',
      annotations: ['argocd-image-updater.argoproj.io/image-list: web=a:~1'],
      reason: `argocd-image-updater.argoproj.io/image-list is of Argo CD Image Updater, which reads it on an Application alone; move it there, or write ${LINE}`,
    },
  ])('$name', ({ annotations, reason }) => {
    expect(reasonIn(deployment('a:1', annotations))).toBe(reason);
  });

  test('annotations of the pod', () => {
    const text = deployment('a:1').replace(
      '  template:\n',
      '  template:\n    metadata:\n      annotations:\n        fluxcd.io/automated: "true"\n',
    );
    expect(reasonIn(text)).toBe(
      'fluxcd.io/automated stands in spec.template.metadata.annotations, where nothing reads it; move it to metadata.annotations',
    );
  });

  test('labels', () => {
    const text = deployment('a:1').replace('  name: web\n', '  name: web\n  labels: { fluxcd.io/automated: "true" }\n');
    expect(reasonIn(text)).toBe(
      'fluxcd.io/automated stands in metadata.labels, where nothing reads it; move it to metadata.annotations',
    );
  });

  test('a comment that is nearly a marker of Flux v2', () => {
    expect(reasonIn(deployment('a:1 # {"$imagepolicy: "flux-system:web"}'))).toBe(
      'the comment behind it names no policy; write it as # {"$imagepolicy": "namespace:name"}',
    );
  });
});
