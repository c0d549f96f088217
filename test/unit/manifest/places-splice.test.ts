import { describe, expect, test } from 'vitest';
import { joinFiles } from '../../../shared/manifest/join.ts';
import { readManifest } from '../../../shared/manifest/scan.ts';
import { setImage } from '../../../shared/manifest/splice.ts';
import { application } from '../../fakes/argo.ts';

const WEB = 'ghcr.io/o/web';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const APP = 'argocd/web.yaml';

const annotated = { 'image-list': `web=${WEB}:main`, 'web.update-strategy': 'digest' };
const toValues = { ...annotated, 'write-back-method': 'git', 'write-back-target': 'helmvalues:/v.yaml' };
const toKustomization = { ...annotated, 'write-back-method': 'git', 'write-back-target': 'kustomization:/' };

/** The text of a file once its only site has this image. */
function edited(file: string, text: string, app: string, image: string): string {
  const manifest = readManifest(file, text);
  const { sites } = joinFiles(file === APP ? [manifest.scanned] : [manifest.scanned, readManifest(APP, app).scanned]);
  const site = sites.find((one) => one.file === file);
  if (site === undefined) {
    throw new Error('expected a site');
  }
  return setImage(manifest, site, image).text;
}

describe('an image in a place that an Application names is written there', () => {
  test.each([
    {
      name: 'a tag of values, with the digest beside it',
      file: 'v.yaml',
      text: 'image:\n  tag: main # by the updater\n',
      annotations: toValues,
      image: `${WEB}:main@${DIGEST}`,
      to: `image:\n  tag: main@${DIGEST} # by the updater\n`,
    },
    {
      name: 'another digest',
      file: 'v.yaml',
      text: `image: {tag: "main@sha256:${'b'.repeat(64)}"}\n`,
      annotations: toValues,
      image: `${WEB}:main@${DIGEST}`,
      to: `image: {tag: "main@${DIGEST}"}\n`,
    },
    {
      name: 'a tag that would be a number is put in quotes',
      file: 'v.yaml',
      text: 'image: {tag: v1}\n',
      annotations: { ...toValues, 'web.update-strategy': 'semver', 'image-list': `web=${WEB}:1` },
      image: `${WEB}:1.20`,
      to: 'image: {tag: "1.20"}\n',
    },
    {
      name: 'a whole image of values',
      file: 'v.yaml',
      text: `web: "${WEB}:1.0"\nimage: "${WEB}:main"\n`,
      annotations: { ...toValues, 'web.helm.image-spec': 'image' },
      image: `${WEB}:main@${DIGEST}`,
      to: `web: "${WEB}:1.0"\nimage: "${WEB}:main@${DIGEST}"\n`,
    },
    {
      name: 'tag and digest of a kustomization',
      file: 'kustomization.yaml',
      text: `images:\n- name: web\n  newName: ${WEB}\n  newTag: 1.0\n  digest: ""\n`,
      annotations: { ...toKustomization, 'web.kustomize.image-name': 'web' },
      image: `${WEB}:main@${DIGEST}`,
      to: `images:\n- name: web\n  newName: ${WEB}\n  newTag: main\n  digest: "${DIGEST}"\n`,
    },
  ])('$name', ({ file, text, annotations, image, to }) => {
    expect(edited(file, text, application({ annotations }), image)).toBe(to);
  });

  test('an image of the Application itself, behind the name that it replaces', () => {
    const app = application({
      annotations: { 'image-list': `web=${WEB}:~1` },
      source: `path: apps/web, kustomize: {images: ["web=${WEB}:1.0"]}`,
    });
    expect(edited(APP, app, app, `${WEB}:1.1`)).toBe(app.replace(`web=${WEB}:1.0`, `web=${WEB}:1.1`));
  });
});
