import { describe, expect, test } from 'vitest';
import { readUpdaterObject } from '../../../../shared/manifest/image-updater/read-updater-object.ts';
import type { ImageEntry } from '../../../../shared/manifest/image-updater/settings.ts';
import { fieldsOf } from './fields-of.ts';

function read(spec: readonly string[], namespace: string | undefined = 'argocd'): ReturnType<typeof readUpdaterObject> {
  return readUpdaterObject(fieldsOf(['spec:', ...spec.map((line) => `  ${line}`)]), 'all', namespace);
}

function told({ alias, image, policy }: ImageEntry): string {
  return `${alias} ${image} ${'line' in policy ? policy.line : `refused: ${policy.refused}`}`;
}

describe('an ImageUpdater', () => {
  test('has settings for all, for an Application and for an image, of which the nearest counts', () => {
    const { rules, faults } = read([
      'commonUpdateSettings: { updateStrategy: newest-build, ignoreTags: [tmp], allowTags: "regexp:^main" }',
      'writeBackConfig: { method: git, gitConfig: { branch: main, writeBackTarget: kustomization } }',
      'applicationRefs:',
      '  - namePattern: web-*',
      '    labelSelectors:',
      '      matchLabels: { tier: front }',
      '      matchExpressions: [{ key: env, operator: In, values: [prod] }]',
      '    commonUpdateSettings: { ignoreTags: [] }',
      '    writeBackConfig: { method: "git:secret:creds", gitConfig: { writeBackTarget: "helmvalues:/v.yaml" } }',
      '    images:',
      '      - { alias: web, imageName: "ghcr.io/o/web:main" }',
      '      - alias: api',
      '        imageName: ghcr.io/o/api:1.x',
      '        commonUpdateSettings: { updateStrategy: semver, allowTags: any, platforms: [linux/arm64], forceUpdate: true }',
      '        manifestTargets: { helm: { name: api.image.name, tag: api.image.tag } }',
      '      - alias: db',
      '        imageName: postgres:15',
      '        manifestTargets: { kustomize: { name: docker.io/library/postgres } }',
      '  - namePattern: other',
      '    useAnnotations: true',
    ]);
    expect(faults).toEqual([]);
    expect(rules.map(({ images }) => images.map(told))).toEqual([
      [
        'web ghcr.io/o/web newest-build; allow regexp:^main',
        'api ghcr.io/o/api semver:1.x',
        'db postgres newest-build; allow regexp:^main',
      ],
      [],
    ]);
    expect(rules).toMatchObject([
      {
        pattern: 'web-*',
        selector: { labels: { tier: 'front' }, expressions: [{ key: 'env', operator: 'In', values: ['prod'] }] },
        usesAnnotations: false,
        writeBack: { method: 'git:secret:creds', branch: 'main', target: 'helmvalues:/v.yaml' },
        images: [
          { platforms: [], forceUpdate: false },
          { platforms: ['linux/arm64'], forceUpdate: true, helm: { name: 'api.image.name', tag: 'api.image.tag' } },
          { kustomizeName: 'docker.io/library/postgres' },
        ],
      },
      { pattern: 'other', usesAnnotations: true, writeBack: { method: 'git', target: 'kustomization' } },
    ]);
  });

  test.each([
    { name: 'its own namespace', spec: [], found: 'argocd' },
    { name: 'the namespace that it names, as up to 1.0', spec: ['namespace: apps'], found: 'apps' },
  ])('looks at $name', ({ spec, found }) => {
    expect(read([...spec, 'applicationRefs: [{ namePattern: a, images: [] }]']).namespace).toBe(found);
  });

  test.each([
    {
      name: 'an image that is none',
      image: '{ alias: web, imageName: "WEB:1" }',
      policy:
        'web WEB:1 refused: "WEB:1" is no image; expected an image and a constraint like registry.example.com/team/app:~1.2',
    },
    {
      name: 'an unknown strategy',
      image: '{ alias: web, imageName: app, commonUpdateSettings: { updateStrategy: newest } }',
      policy:
        'web app refused: the update strategy "newest" is unknown; there are semver, newest-build, latest, alphabetical, name, digest, calver',
    },
    {
      name: 'a pattern that is no text',
      image: '{ alias: web, imageName: app, commonUpdateSettings: { ignoreTags: [1.0] } }',
      policy: 'web app refused: ignoreTags is no text; put 1.0 in quotes',
    },
  ])('refuses $name', ({ image, policy }) => {
    const { rules } = read(['applicationRefs:', '  - namePattern: a', `    images: [${image}]`]);
    expect(rules[0]?.images.map(told)).toEqual([policy]);
  });

  test('has a fault for what is said of all and cannot be read', () => {
    const spec = ['commonUpdateSettings: { updateStrategy: 1 }', 'applicationRefs: [{ namePattern: a }]'];
    expect(read(spec).faults).toEqual(['updateStrategy is no text; put 1 in quotes']);
    expect(read([]).faults).toEqual(['spec.applicationRefs selects no Application']);
  });

  test('refuses more images than are read', () => {
    const images = Array.from({ length: 101 }, (_, at) => `{ alias: a${at}, imageName: a${at} }`).join(', ');
    const [rule] = read(['applicationRefs:', '  - namePattern: a', `    images: [${images}]`]).rules;
    expect(rule?.images.map(told)[0]).toBe('a0 a0 refused: images has 101 of them; expected 100 at most');
  });
});
