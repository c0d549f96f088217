import { describe, expect, test } from 'vitest';
import { DeclaredPolicies } from '../../../shared/manifest/join.ts';
import { readManifest, scanFile } from '../../../shared/manifest/scan.ts';
import { setImage } from '../../../shared/manifest/splice.ts';
import { fluxPolicy } from '../../fakes/flux-v2.ts';

const APP = 'registry.example.com/app';
const OLD = `sha256:${'1'.repeat(64)}`;
const NEW = `sha256:${'2'.repeat(64)}`;
const mark = (part: string) => `# {"$imagepolicy": "flux-system:app:${part}"}`;

/** The text with another image at its only marked place. */
function setIn(text: string, image: string): string {
  const manifest = readManifest('values.yaml', text);
  const declared = new DeclaredPolicies([scanFile('flux.yaml', fluxPolicy())]);
  const [site] = declared.join(manifest.scanned).sites;
  if (site === undefined) {
    throw new Error('no site');
  }
  return setImage(manifest, site, image).text;
}

describe('setImage writes to each scalar its own part', () => {
  test.each([
    { name: 'a tag', before: 'tag: 1.0.0', after: 'tag: 1.0.1', image: `${APP}:1.0.1` },
    { name: 'a tag in quotes', before: "tag: '1.0.0'", after: "tag: '1.0.1'", image: `${APP}:1.0.1` },
    { name: 'a tag that would read as a number', before: 'tag: 1.0.0', after: 'tag: "1.1"', image: `${APP}:1.1` },
    { name: 'a tag that read as a number', before: 'tag: 1.10', after: 'tag: "1.20"', image: `${APP}:1.20` },
    {
      name: 'a tag that reads as an exponent',
      before: 'tag: a1b2c3d',
      after: 'tag: "1234e56"',
      image: `${APP}:1234e56`,
    },
    { name: 'a tag that reads as a date', before: 'tag: v1', after: 'tag: "2026-11-30"', image: `${APP}:2026-11-30` },
    { name: 'a tag with digits that is text', before: 'tag: 1.0.0', after: 'tag: 1.0.10', image: `${APP}:1.0.10` },
    { name: 'a tag without the digest', before: 'tag: 1.0.0', after: 'tag: 1.0.1', image: `${APP}:1.0.1@${NEW}` },
  ])('$name', ({ before, after, image }) => {
    const text = (line: string) => `image:\n  ${line} ${mark('tag')}\n  # next\n  pullPolicy: Always\n`;
    expect(setIn(text(before), image)).toBe(text(after));
  });

  test('name, tag and digest move together, whatever their order', () => {
    const text = (name: string, tag: string, digest: string) =>
      `digest: "${digest}" ${mark('digest')}\nrepository: ${name} ${mark('name')}\ntag: ${tag} ${mark('tag')}\n`;
    expect(setIn(text(APP, '1.0.0', OLD), `${APP}:1.0.1@${NEW}`)).toBe(text(APP, '1.0.1', NEW));
  });

  test('an empty digest gets one', () => {
    const text = (digest: string) => `tag: 1.0.1 ${mark('tag')}\ndigest: ${digest} ${mark('digest')}\n`;
    expect(setIn(text('""'), `${APP}:1.0.1@${NEW}`)).toBe(text(`"${NEW}"`));
  });

  test('a whole image outside of any workload', () => {
    const text = (tag: string) => `images:\n- ${APP}:${tag} # {"$imagepolicy": "flux-system:app"}\n`;
    expect(setIn(text('1.0.0'), `${APP}:1.0.1`)).toBe(text('1.0.1'));
  });
});
