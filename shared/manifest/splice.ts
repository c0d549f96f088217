import { SluiceError } from '../errors.ts';
import { scanFile } from './scan.ts';
import type { Site } from './site.ts';

/**
 * Writes another image into a site. Only the scalar changes; its quotes stay, and so does every other byte of the
 * file: line ends, comments, tabs, byte-order mark.
 *
 * @param text the file that the site was found in
 * @returns the file's new text, which was read back: the site, and all that share its scalar by an alias, hold the
 *   image, and no other site changed
 * @throws SluiceError `manifest-invalid` where it does not read back so; nothing is to be written then
 */
export function setImage(text: string, site: Site, image: string): string {
  const [start, end] = site.range;
  const source = text.slice(start, end);
  // An image holds no character that a style would escape; a source that spells it with escapes is quoted anew.
  const edited = source.includes(site.image) ? source.replace(site.image, () => image) : JSON.stringify(image);
  const result = `${text.slice(0, start)}${edited}${text.slice(end)}`;
  verify(text, result, site, image);
  return result;
}

function verify(before: string, after: string, { file, range, object, container }: Site, image: string): void {
  const wanted = scanFile(file, before).sites.map((site) => (site.range[0] === range[0] ? image : site.image));
  const found = scanFile(file, after).sites.map((site) => site.image);
  if (wanted.length !== found.length || wanted.some((one, index) => one !== found[index])) {
    throw new SluiceError({
      code: 'manifest-invalid',
      subject: `${file}: ${object} container ${container}`,
      expected: `the edit to read back as ${image} and to change nothing else`,
      found: found.join(', '),
      next: 'Write the image as a plain or quoted scalar of its own.',
    });
  }
}
