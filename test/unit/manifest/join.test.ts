import { describe, expect, test } from 'vitest';
import { joinFiles } from '../../../shared/manifest/join.ts';
import { scanFile } from '../../../shared/manifest/scan.ts';
import { fluxPolicy, helmRelease } from '../../fakes/flux-v2.ts';
import { deployment } from './manifests.ts';

const MARKER = '# {"$imagepolicy": "flux-system:app"}';
const DECLARED = 'flux/app.yaml';
const join = (files: Readonly<Record<string, string>>) =>
  joinFiles(Object.entries(files).map(([file, text]) => scanFile(file, text)));

describe('a policy that stands in another file', () => {
  test('governs the container that a marker is behind', () => {
    const { sites, remarks } = join({
      'web.yaml': deployment(`registry.example.com/app:1.0.0 ${MARKER}`),
      [DECLARED]: fluxPolicy(),
    });
    expect(remarks).toEqual([]);
    expect(sites).toMatchObject([
      {
        file: 'web.yaml',
        object: 'deployment/default/web',
        container: 'web',
        image: 'registry.example.com/app:1.0.0',
        policy: { dialect: 'flux-v2', text: 'semver:~1; strict; ignore *.sig', declaredIn: [DECLARED] },
      },
    ]);
  });

  test('gives its name to a scalar that holds a tag only', () => {
    const { sites } = join({ 'web.yaml': helmRelease('1.0.0'), [DECLARED]: fluxPolicy() });
    expect(sites).toMatchObject([
      {
        object: 'helmrelease/shop/web',
        container: 'spec.values.image',
        path: 'spec.values.image.tag',
        image: 'registry.example.com/app:1.0.0',
        policy: { declaredIn: [DECLARED] },
      },
    ]);
  });

  test('is found whichever file is read first', () => {
    const files = [scanFile(DECLARED, fluxPolicy()), scanFile('web.yaml', helmRelease('1.0.0'))];
    expect(joinFiles(files.toReversed()).sites).toEqual(joinFiles(files).sites);
  });

  test.each([
    {
      name: 'in a list',
      text: 'images:\n- name: app\n  newTag: "1.0" # {"$imagepolicy": "flux-system:app:tag"}',
      found: ['document', 'images[0]', 'images[0].newTag'],
    },
    {
      name: 'of an object in a List',
      text: `kind: List\nitems:\n- ${helmRelease('1.0').trim().replaceAll('\n', '\n  ')}`,
      found: ['helmrelease/shop/web', 'items[0].spec.values.image', 'items[0].spec.values.image.tag'],
    },
    {
      name: 'at the end of a flow map',
      text: 'image: {tag: "1.0"} # {"$imagepolicy": "flux-system:app:tag"}',
      found: ['document', 'image', 'image.tag'],
    },
    {
      name: 'with CRLF',
      text: 'image:\r\n  tag: 1.0 # {"$imagepolicy": "flux-system:app:tag"}\r\n',
      found: ['document', 'image', 'image.tag'],
    },
    {
      name: 'in a file that is no object, of a scalar that holds all',
      text: 'image: registry.example.com/app:1.0 # {"$imagepolicy": "flux-system:app"}',
      found: ['document', 'image', 'image'],
    },
  ])('governs a marked scalar $name', ({ text, found }) => {
    const { sites } = join({ 'values.yaml': text, [DECLARED]: fluxPolicy() });
    expect(sites.map(({ object, container, path }) => [object, container, path])).toEqual([found]);
    expect(sites[0]?.image).toBe('registry.example.com/app:1.0');
  });

  test('a comment of another kind marks nothing', () => {
    const { sites, remarks } = join({ 'v.yaml': 'image:\n  tag: 1.0 # {"$other": "a:b"}', [DECLARED]: fluxPolicy() });
    expect([sites, remarks]).toEqual([[], []]);
  });

  test('name, tag and digest in scalars of their own are one image', () => {
    const digest = `sha256:${'1'.repeat(64)}`;
    const text = [
      'image:',
      '  repository: registry.example.com/app # {"$imagepolicy": "flux-system:app:name"}',
      '  tag: 1.10 # {"$imagepolicy": "flux-system:app:tag"}',
      `  digest: ${digest} # {"$imagepolicy": "flux-system:app:digest"}`,
    ].join('\n');
    const { sites } = join({ 'values.yaml': text, [DECLARED]: fluxPolicy() });
    expect(sites.map(({ container, image }) => [container, image])).toEqual([
      ['image', `registry.example.com/app:1.10@${digest}`],
    ]);
  });

  test('a name that stands further out goes with the nearest tag', () => {
    const text = [
      'a:',
      '  name: registry.example.com/app # {"$imagepolicy": "flux-system:app:name"}',
      '  image: {tag: "1.0"} # {"$imagepolicy": "flux-system:app:tag"}',
      'b: {tag: "2.0"} # {"$imagepolicy": "flux-system:app:tag"}',
    ].join('\n');
    const { sites } = join({ 'values.yaml': text, [DECLARED]: fluxPolicy() });
    expect(sites.map(({ container, scalars }) => [container, scalars?.map(({ part }) => part)])).toEqual([
      ['a.image', ['tag', 'name']],
      ['b', ['tag']],
    ]);
  });
});

describe('what stands beside an image', () => {
  test('goes before a policy elsewhere, which is named', () => {
    const image = `registry.example.com/app:1.0.0 ${MARKER}`;
    const { sites } = join({
      'web.yaml': deployment(image, ['sluice.dev/update: semver:~2']),
      [DECLARED]: fluxPolicy(),
    });
    expect(sites[0]?.policy).toMatchObject({
      dialect: 'sluice',
      text: 'semver:~2',
      overruled: ['flux-v2 semver:~1; strict; ignore *.sig'],
    });
  });

  test.each([
    {
      name: 'locked',
      annotations: ['fluxcd.io/locked: "true"', 'fluxcd.io/locked_user: jane'],
      held: 'locked by jane',
    },
    {
      name: 'an annotation that is no text',
      annotations: ['team: 7'],
      held: 'the annotation team: 7 is no text, so that nothing can apply the workload',
    },
    {
      name: 'a line for a container that is not there',
      annotations: ['sluice.dev/update.wbe: hold'],
      held: expect.stringContaining('did you mean sluice.dev/update.web?'),
    },
  ])('holds it back whoever asks for updates: $name', ({ annotations, held }) => {
    const { sites } = join({
      'web.yaml': deployment(`registry.example.com/app:1.0.0 ${MARKER}`, annotations),
      [DECLARED]: fluxPolicy(),
    });
    expect(sites[0]?.policy?.held).toEqual(held);
  });
});

describe('annotations of an object that is no workload', () => {
  const annotated = (line: string) => helmRelease('1.0.0').replace('metadata:', `metadata:\n  annotations: {${line}}`);

  test.each([
    { line: 'fluxcd.io/locked: "true", fluxcd.io/locked_msg: wait', held: 'locked: wait' },
    { line: 'fluxcd.io/ignore: "true"', held: 'ignored (ignore: true)' },
    { line: 'sluice.dev/update: hold', held: 'sluice.dev/update stands beside no container' },
    {
      line: 'sluice.dev/update.web: hold',
      held: 'the annotation sluice.dev/update.web names no container of the workload; it has none',
    },
    { line: 'team: 7', held: 'the annotation team: 7 is no text, so that nothing can apply the workload' },
    { line: 'team: seven', held: undefined },
  ])('hold the images in it: $line', ({ line, held }) => {
    const { sites } = join({ 'web.yaml': annotated(line), [DECLARED]: fluxPolicy() });
    expect(sites[0]?.policy?.held).toBe(held);
  });

  test('freeze the images in it', () => {
    const { sites } = join({
      'web.yaml': annotated('sluice.dev/freeze: Fri 16:00-Mon 07:00'),
      [DECLARED]: fluxPolicy(),
    });
    expect(sites[0]?.freeze).toBe('Fri 16:00-Mon 07:00');
  });
});

describe('a marker that leads to no policy', () => {
  test.each([
    {
      name: 'is told of where a container has it',
      text: deployment('registry.example.com/app:1.0.0 # {"$imagepolicy": "flux-system:ap"}'),
      reason:
        'web.yaml:10 deployment/default/web: the marker names ImagePolicy flux-system/ap, which no file that is read declares; did you mean flux-system/app?',
    },
    {
      name: 'is told of where a scalar has it',
      text: helmRelease('1.0').replace('flux-system:app', 'flux:app'),
      reason:
        'web.yaml:10 helmrelease/shop/web: the marker names ImagePolicy flux/app, which no file that is read declares; did you mean flux-system/app?',
    },
    {
      name: 'is told of with the part that was meant',
      text: helmRelease('1.0').replace('app:tag', 'app:tga'),
      reason:
        'web.yaml:10 helmrelease/shop/web: the marker says "flux-system:app:tga", and not namespace:name, perhaps with :tag, :name or :digest; did you mean tag?',
    },
  ])('$name', ({ text, reason }) => {
    const { sites, remarks } = join({ 'web.yaml': text, [DECLARED]: fluxPolicy() });
    expect(remarks.map((one) => one.reason)).toEqual([reason]);
    expect(sites.flatMap(({ policy }) => policy ?? [])).toEqual([]);
  });

  test('holds back a container with a marker for a part of its image', () => {
    const { faults } = scanFile('web.yaml', deployment('app:1 # {"$imagepolicy": "flux-system:app:tag"}'));
    expect(faults.map(({ message }) => message)).toEqual([
      'web.yaml:10 deployment/default/web container web: expected a marker comment for a whole image, found one with :tag. Take the :tag away.',
    ]);
  });
});

test('a tag with a digest, where a tag alone is marked, is told of and left', () => {
  const tag = `1.0.0@sha256:${'a'.repeat(64)}`;
  const { sites, remarks } = join({ 'web.yaml': helmRelease(tag), [DECLARED]: fluxPolicy() });
  expect(sites).toEqual([]);
  expect(remarks[0]?.reason).toContain(`${tag} stands where a tag alone is marked`);
});

describe('a document that cannot be read', () => {
  const broken = `${fluxPolicy()}---\napiVersion: image.toolkit.fluxcd.io/v1\nkind: ImagePolicy\nmetadata: [\n`;

  test('and may declare something holds back what is declared elsewhere', () => {
    const { sites } = join({ 'web.yaml': helmRelease('1.0'), [DECLARED]: broken });
    expect(sites[0]?.policy?.held).toMatch(/^what may say otherwise cannot be read: flux\/app.yaml:1\d: expected YAML/);
  });

  test('is no policy that is gone', () => {
    const { remarks } = join({ 'web.yaml': helmRelease('1.0'), [DECLARED]: broken.replace('name: app', 'name: b: c') });
    expect(remarks[0]?.reason).toMatch(/; not read: flux\/app.yaml:\d+: expected YAML/);
  });

  test('but is the template of a chart declares nothing yet', () => {
    const template = '{{- if .Values.a }}\napiVersion: image.toolkit.fluxcd.io/v1\nkind: ImagePolicy\n{{- end }}\n';
    const { sites } = join({
      'web.yaml': helmRelease('1.0'),
      [DECLARED]: fluxPolicy(),
      'chart/templates/policy.yaml': template,
    });
    expect(sites[0]?.policy?.held).toBeUndefined();
    const beside = join({ 'web.yaml': helmRelease('1.0'), [DECLARED]: fluxPolicy(), 'flux/policy.yaml': template });
    expect(beside.sites[0]?.policy?.held).toMatch(/^what may say otherwise cannot be read/);
  });

  test('and says nothing of images holds nothing back', () => {
    const { sites } = join({ 'web.yaml': helmRelease('1.0'), [DECLARED]: fluxPolicy(), 'c.yaml': 'image: [' });
    expect(sites[0]?.policy?.held).toBeUndefined();
  });
});
