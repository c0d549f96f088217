import { describe, expect, test } from 'vitest';
import { annotatedImages } from '../../../../shared/manifest/image-updater/annotated-images.ts';
import type { ImageEntry } from '../../../../shared/manifest/image-updater/settings.ts';

const PREFIX = 'argocd-image-updater.argoproj.io/';

function read(annotations: Readonly<Record<string, string>>): ReturnType<typeof annotatedImages> {
  return annotatedImages(
    Object.fromEntries(Object.entries(annotations).map(([key, text]) => [`${PREFIX}${key}`, text])),
  );
}

function lineOf({ policy }: ImageEntry): string {
  return 'line' in policy ? policy.line : `refused: ${policy.refused}`;
}

/** `alias image line` of each. */
function told(annotations: Readonly<Record<string, string>>): readonly string[] | undefined {
  return read(annotations)?.images.map((entry) => `${entry.alias ?? '-'} ${entry.image} ${lineOf(entry)}`);
}

describe('the images of an Application', () => {
  test.each([
    { name: 'one by its name', annotations: { 'image-list': 'nginx' }, images: ['- nginx semver:*'] },
    {
      name: 'several, with aliases and constraints',
      annotations: { 'image-list': 'web=ghcr.io/o/web:~1.2, db=postgres:15.x ,' },
      images: ['web ghcr.io/o/web semver:~1.2', 'db postgres semver:15.x'],
    },
    {
      name: 'a registry with a port',
      annotations: { 'image-list': 'web=localhost:5000/o/web:~1, localhost:5000/db' },
      images: ['web localhost:5000/o/web semver:~1', '- localhost:5000/db semver:*'],
    },
    {
      name: 'a constraint with an equals sign',
      annotations: { 'image-list': 'nginx:>=1.2, web=app:!=1.5.0' },
      images: ['- nginx semver:>=1.2', 'web app semver:!=1.5.0'],
    },
    {
      name: 'what is said of an alias',
      annotations: {
        'image-list': 'web=app, db=postgres:15.x',
        'web.update-strategy': 'newest-build',
        'web.allow-tags': 'regexp:^main-',
        'web.ignore-tags': 'main-tmp, *-rc*',
      },
      images: ['web app newest-build; allow regexp:^main-; ignore main-tmp, *-rc*', 'db postgres semver:15.x'],
    },
    {
      name: 'an alias with a slash, which annotations cannot have',
      annotations: { 'image-list': 'argoproj/argocd=quay.io/o/argocd', 'argoproj_argocd.update-strategy': 'latest' },
      images: ['argoproj/argocd quay.io/o/argocd newest-build'],
    },
    {
      name: 'what is said of the whole Application, and less of one image',
      annotations: {
        'image-list': 'web=app, nginx',
        'update-strategy': 'latest',
        'ignore-tags': 'tmp',
        'web.update-strategy': 'name',
      },
      images: ['web app alphabetical:asc; ignore tmp', '- nginx newest-build; ignore tmp'],
    },
    {
      name: 'an empty text of an alias, which takes back what the whole Application has',
      annotations: { 'image-list': 'web=app', 'update-strategy': 'latest', 'web.update-strategy': '' },
      images: ['web app semver:*'],
    },
    {
      name: 'the older name of allow-tags, where there is no other',
      annotations: {
        'image-list': 'a=app, b=app2',
        'a.tag-match': 'regexp:^a',
        'b.tag-match': 'regexp:^b',
        'b.allow-tags': 'regexp:^c',
      },
      images: ['a app semver:*; allow regexp:^a', 'b app2 semver:*; allow regexp:^c'],
    },
  ])('$name', ({ annotations, images }) => {
    expect(told(annotations)).toEqual(images);
    expect(read(annotations)?.faults).toEqual([]);
  });

  test('are none without a list', () => {
    expect(read({ 'update-strategy': 'latest', 'web.update-strategy': 'latest' })).toBeUndefined();
  });

  test('say where a chart and a kustomization have them, for which platforms, and whether they run', () => {
    const [entry] =
      read({
        'image-list': 'web=ghcr.io/o/web',
        'web.helm.image-name': 'web.image.name',
        'web.helm.image-tag': ' web.image.tag ',
        'web.kustomize.image-name': 'o/web',
        'web.platforms': 'linux/amd64, linux/arm64',
        'web.force-update': 'true',
        'web.pull-secret': 'secret:argocd/pull#creds',
      })?.images ?? [];
    expect(entry).toMatchObject({
      helm: { spec: undefined, name: 'web.image.name', tag: 'web.image.tag' },
      kustomizeName: 'o/web',
      platforms: ['linux/amd64', 'linux/arm64'],
      forceUpdate: true,
    });
  });
});

describe('annotations that do nothing with Argo CD Image Updater', () => {
  test.each([
    {
      name: 'an alias that is nearly one holds that image',
      annotations: { 'image-list': 'web=app, db=postgres', 'wbe.ignore-tags': '*' },
      images: [
        `web app refused: the annotation ${PREFIX}wbe.ignore-tags names no alias of image-list; did you mean ${PREFIX}web.ignore-tags?`,
        'db postgres semver:*',
      ],
    },
    {
      name: 'an alias that is none holds all, for it may be any',
      annotations: { 'image-list': 'web=app, db=postgres', 'frontend.ignore-tags': '*' },
      images: [
        `web app refused: the annotation ${PREFIX}frontend.ignore-tags names no alias of image-list; it has web, db`,
        `db postgres refused: the annotation ${PREFIX}frontend.ignore-tags names no alias of image-list; it has web, db`,
      ],
    },
    {
      name: 'the name of an image is no alias',
      annotations: { 'image-list': 'ghcr.io/o/web:~1', 'web.update-strategy': 'latest' },
      images: [
        `- ghcr.io/o/web refused: the annotation ${PREFIX}web.update-strategy names no alias of image-list; write web=ghcr.io/o/web there`,
      ],
    },
    {
      name: 'a misspelt option of an alias',
      annotations: { 'image-list': 'web=app, db=postgres', 'web.update-stratgy': 'latest' },
      images: [
        `web app refused: the annotation ${PREFIX}web.update-stratgy is unknown; did you mean ${PREFIX}web.update-strategy?`,
        'db postgres semver:*',
      ],
    },
    {
      name: 'a misspelt option of the whole Application',
      annotations: { 'image-list': 'web=app', 'ignore-tag': 'x' },
      images: [`web app refused: the annotation ${PREFIX}ignore-tag is unknown; did you mean ${PREFIX}ignore-tags?`],
    },
    {
      name: 'an option that is near to none is of a later release, and passed over',
      annotations: { 'image-list': 'web=app', 'web.something-else': 'x' },
      images: ['web app semver:*'],
    },
  ])('$name', ({ annotations, images }) => {
    expect(told(annotations)).toEqual(images);
    // With the image, and not once more for the Application.
    expect(read(annotations)?.faults).toEqual([]);
  });

  test('more of them than refuse an image are told of for the Application', () => {
    const { images, faults } = read({ 'image-list': 'web=app', 'wbe.ignore-tags': '*', 'ignore-tag': 'x' }) ?? {};
    expect(images).toMatchObject([{ policy: { refused: expect.stringContaining('wbe.ignore-tags') } }]);
    expect(faults).toEqual([expect.stringContaining('ignore-tag is unknown')]);
  });

  test.each([
    { name: 'an item that is no image', list: 'web=app, db=POSTGRES:1', fault: '"POSTGRES:1" is no image' },
    { name: 'a digest', list: `web=app, db=app@sha256:${'a'.repeat(64)}`, fault: 'is no image' },
    { name: 'an alias alone', list: 'web=app, db=', fault: '"" is no image' },
  ])('$name is a fault, and takes none of the others with it', ({ list, fault }) => {
    expect(told({ 'image-list': list })).toEqual(['web app semver:*']);
    expect(read({ 'image-list': list })?.faults).toEqual([expect.stringContaining(fault)]);
  });

  test.each([
    { name: 'an empty list', list: ' , ', fault: 'image-list names no image' },
    {
      name: 'a list of more than anybody writes',
      list: Array.from({ length: 101 }, (_, at) => `a${at}`).join(','),
      fault: 'image-list has 101 images; expected 100 at most',
    },
  ])('$name has no images, and says so', ({ list, fault }) => {
    expect(read({ 'image-list': list })).toEqual({ images: [], faults: [fault] });
  });
});
