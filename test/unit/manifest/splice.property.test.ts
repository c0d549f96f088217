import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSluiceError } from '../../../shared/errors.ts';
import { readManifest, scanFile } from '../../../shared/manifest/scan.ts';
import type { Site } from '../../../shared/manifest/site.ts';
import { setImage } from '../../../shared/manifest/splice.ts';
import { anyManifest, images, printManifest } from './any-manifest.ts';

const setIn = (text: string, site: Site, to: string) => setImage(readManifest(site.file, text), site, to).text;
const image = fc.constantFrom(...images);

describe('an edit', () => {
  test('gives the text that a person would have written with the other image', () => {
    fc.assert(
      fc.property(anyManifest, fc.nat(), image, (manifest, pick, to) => {
        const before = printManifest(manifest);
        const { sites, faults } = scanFile('f.yml', before);
        expect(faults).toEqual([]);
        expect(sites.map((site) => site.image)).toEqual(
          manifest.objects.flatMap(({ containers }) => containers.map((one) => one.image)),
        );

        const index = pick % sites.length;
        const [site] = sites.slice(index);
        fc.pre(site !== undefined);
        const edited = setIn(before, site, to);
        expect(edited).toBe(printManifest(manifest, { index, image: to }));

        const [standing] = scanFile('f.yml', edited).sites.slice(index);
        fc.pre(standing !== undefined);
        expect(setIn(edited, standing, to)).toBe(edited);
        expect(setIn(edited, standing, site.image)).toBe(before);
      }),
    );
  });

  const damage = fc.record({
    at: fc.nat(),
    cut: fc.nat({ max: 12 }),
    put: fc.string({ unit: fc.constantFrom(...'&*!|>%@`"\'{}[],:-?#\\ \t\r\n~image<'.split('')), maxLength: 8 }),
  });

  test('of a damaged file is right outside the scalar, or refused', () => {
    fc.assert(
      fc.property(anyManifest, fc.array(damage, { minLength: 1, maxLength: 3 }), image, (manifest, wounds, to) => {
        const text = wounds.reduce((whole, { at, cut, put }) => {
          const start = at % (whole.length + 1);
          return `${whole.slice(0, start)}${put}${whole.slice(start + cut)}`;
        }, printManifest(manifest));
        for (const site of scanFile('f.yml', text).sites) {
          const edited = editedOr(text, () => setIn(text, site, to));
          const [start, end] = site.range;
          expect(edited.startsWith(text.slice(0, start))).toBe(true);
          expect(edited.endsWith(text.slice(end))).toBe(true);
        }
      }),
    );
  });
});

/** The text as it was where the edit is refused; any other error goes on. */
function editedOr(text: string, edit: () => string): string {
  try {
    return edit();
  } catch (error) {
    if (isSluiceError(error, 'manifest-invalid')) {
      return text;
    }
    throw error;
  }
}
