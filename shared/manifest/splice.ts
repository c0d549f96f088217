import { parse } from 'yaml';
import { SluiceError } from '../errors.ts';
import { atOnce, type Steps } from '../steps.ts';
import { readInSteps } from './scan.ts';
import type { Manifest, ScannedFile, Site } from './site.ts';

/**
 * Writes another image into a site. Only the scalar changes; its quotes stay, and so does every other byte of the
 * file: line ends, comments, tabs, byte-order mark.
 *
 * @param manifest the file that the site was found in
 * @returns the file with its new text, which was read back: the site, and all that share its scalar by an alias, hold
 *   the image, and no other site changed
 * @throws SluiceError `manifest-invalid` where the site does not stand there, or the new text does not read back so;
 *   nothing is to be written then
 */
export function setImage(manifest: Manifest, site: Site, image: string): Manifest {
  return atOnce(setImageInSteps(manifest, site, image));
}

/** The same in small steps. */
export function* setImageInSteps({ text, scanned }: Manifest, site: Site, image: string): Steps<Manifest> {
  const [start, end] = site.range;
  const result = `${text.slice(0, start)}${rewrite(text.slice(start, end), site.image, image)}${text.slice(end)}`;
  const edited = yield* readInSteps(site.file, result);
  verify(scanned, edited.scanned, site, image);
  return edited;
}

/** The scalar's source with another image in it. One that spells its image with escapes is quoted anew. */
function rewrite(source: string, from: string, to: string): string {
  // A block scalar may say the same in a comment above its content.
  const at = source.lastIndexOf(from);
  const isPlain = source === from;
  return at === -1 || (isPlain && !isPlainText(to))
    ? JSON.stringify(to)
    : `${source.slice(0, at)}${to}${source.slice(at + from.length)}`;
}

/** Is this text, written without quotes, the same text to readers of YAML 1.1 (Kubernetes) and of 1.2? */
function isPlainText(image: string): boolean {
  try {
    return (['1.1', '1.2'] as const).every((version) => parse(image, { version, logLevel: 'silent' }) === image);
  } catch {
    return false;
  }
}

function verify({ sites }: ScannedFile, after: ScannedFile, site: Site, image: string): void {
  if (!sites.some(({ range, image: standing }) => isSame(range, site.range) && standing === site.image)) {
    throw refuse(site, `${site.image} at line ${site.line}`, 'something else there', 'Look for the site again.');
  }
  const wanted = sites.map((one) => printSite({ ...one, image: isSame(one.range, site.range) ? image : one.image }));
  const found = after.sites.map(printSite);
  const differing = Array.from({ length: Math.max(wanted.length, found.length) }, (_, index) => index).find(
    (index) => wanted[index] !== found[index],
  );
  if (differing !== undefined) {
    throw refuse(
      site,
      `the edit to read back as ${wanted[differing] ?? 'nothing'}`,
      found[differing] ?? 'nothing',
      'Write the image as a plain or quoted scalar of its own.',
    );
  }
}

function isSame(one: Site['range'], other: Site['range']): boolean {
  return one[0] === other[0] && one[1] === other[1];
}

function printSite({ object, container, path, image }: Site): string {
  return `${object} container ${container} ${path}: ${image}`;
}

function refuse({ file, object, container }: Site, expected: string, found: string, next: string): SluiceError {
  const subject = `${file}: ${object} container ${container}`;
  return new SluiceError({ code: 'manifest-invalid', subject, expected, found, next });
}
