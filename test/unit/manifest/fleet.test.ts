import { describe, expect, test } from 'vitest';
import { joinFiles } from '../../../shared/manifest/join.ts';
import { scanFile } from '../../../shared/manifest/scan.ts';
import { parsePolicy } from '../../../shared/policy/parse.ts';
import { deployment } from './manifests.ts';

const APP = 'registry.example.com/app';
const fleetYaml = (scan: string) => `namespace: shop\nimageScans:\n- {tagName: app, interval: 5m, ${scan}}\n`;
const marked = (part = '') => deployment(`${APP}:1.0.0 # {"$imagescan": "app${part}"}`);

function join(files: Readonly<Record<string, string>>) {
  const { sites, remarks } = joinFiles(Object.entries(files).map(([file, text]) => scanFile(file, text)));
  return { site: sites[0], reasons: remarks.map(({ reason }) => reason) };
}

describe("Fleet's imageScans as a line of Sluice", () => {
  test.each([
    { policy: 'policy: {semver: {range: ">=1.0.0 <2.0.0"}}', line: 'semver:>=1.0.0 <2.0.0' },
    { policy: 'policy: {semver: {range: "*"}, alphabetical: {order: asc}}', line: 'semver:*' },
    { policy: 'policy: {alphabetical: {order: desc}}', line: 'alphabetical:asc' },
    { policy: 'policy: {alphabetical: {order: asc}}', line: 'alphabetical:desc' },
    { policy: 'policy: {alphabetical: {}}', line: 'alphabetical:asc' },
    { policy: 'secretRef: {name: a}', line: 'semver:*' },
  ])('$policy', ({ policy, line }) => {
    const { site } = join({ 'web.yaml': marked(), 'fleet.yaml': fleetYaml(`image: ${APP}, ${policy}`) });
    expect(site?.policy).toMatchObject({ dialect: 'fleet', text: line, held: undefined, declaredIn: ['fleet.yaml'] });
    expect(() => parsePolicy(line)).not.toThrow();
  });

  test('a digest is written with the whole image', () => {
    const { site } = join({ 'web.yaml': marked(':digest'), 'fleet.yaml': fleetYaml(`image: ${APP}`) });
    expect([site?.policy?.text, site?.image]).toEqual(['semver:*; pin', `${APP}:1.0.0`]);
  });

  test('a tag stands in values of fleet.yaml itself', () => {
    const values = 'helm:\n  values:\n    image:\n      tag: 1.10 # {"$imagescan": "app:tag"}\n';
    const { site } = join({ 'app/fleet.yaml': `${values}${fleetYaml(`image: ${APP}`)}` });
    expect([site?.object, site?.container, site?.image]).toEqual(['document', 'helm.values.image', `${APP}:1.10`]);
  });

  test('an ImageScan by itself is read alike', () => {
    const scan = `apiVersion: fleet.cattle.io/v1alpha1\nkind: ImageScan\nmetadata: {name: a}\nspec: {tagName: app, gitrepoName: a, image: ${APP}}\n`;
    expect(join({ 'web.yaml': marked(), 'scan.yaml': scan }).site?.policy?.text).toBe('semver:*');
  });

  test('the scan of the nearest bundle counts', () => {
    const { site } = join({
      'shop/web.yaml': marked(),
      'fleet.yaml': fleetYaml(`image: ${APP}, policy: {semver: {range: ~1}}`),
      'shop/fleet.yaml': fleetYaml(`image: ${APP}, policy: {semver: {range: ~2}}`),
    });
    expect(site?.policy?.text).toBe('semver:~2');
  });
});

describe('what Fleet is not followed in', () => {
  test('a scan that is suspended holds back', () => {
    const { site } = join({ 'web.yaml': marked(), 'fleet.yaml': fleetYaml(`image: ${APP}, suspend: true`) });
    expect(site?.policy?.held).toBe('imageScan app (fleet.yaml) is suspended');
  });

  test.each([
    {
      name: 'a marker that names no scan',
      files: { 'web.yaml': marked().replace('"app', '"ap'), 'fleet.yaml': fleetYaml(`image: ${APP}`) },
      reason: 'the marker names imageScan ap, which no file that is read declares; did you mean app?',
    },
    {
      name: 'a range that is a number',
      files: { 'web.yaml': marked(), 'fleet.yaml': fleetYaml(`image: ${APP}, policy: {semver: {range: 1.2}}`) },
      reason: 'imageScan app (fleet.yaml): its policy.semver.range is no text, or too long',
    },
    {
      name: 'no image',
      files: { 'web.yaml': marked(), 'fleet.yaml': fleetYaml('suspend: false') },
      reason: 'imageScan app (fleet.yaml) has the image "", which is none',
    },
    {
      name: 'scans of another file',
      files: { 'web.yaml': marked(), 'values.yaml': fleetYaml(`image: ${APP}`) },
      reason: 'the marker names imageScan app, which no file that is read declares',
    },
  ])('$name is told of', ({ files, reason }) => {
    const { site, reasons } = join({ ...files });
    expect(reasons).toEqual([expect.stringContaining(reason)]);
    expect(site?.policy).toBeUndefined();
  });

  test('the marker of one tool names no policy of another', () => {
    const { site } = join({
      'web.yaml': marked().replace('$imagescan', '$imagepolicy').replace('"app', '"a:app'),
      'fleet.yaml': fleetYaml(`image: ${APP}`),
    });
    expect(site?.policy).toBeUndefined();
  });
});
