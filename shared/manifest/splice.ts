import { parse } from 'yaml';
import { SluiceError } from '../errors.ts';
import { atOnce, type Steps } from '../steps.ts';
import { scalarsFor } from './marked-image.ts';
import { readInSteps } from './scan.ts';
import type { ImageScalar, Manifest, ScannedFile, Site } from './site.ts';

/**
 * Writes another image into a site. Only its scalars change, each to its own part; their quotes stay, and so does every
 * other byte of the file: line ends, comments, tabs, byte-order mark.
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
  const wanted = scalarsFor(site, image);
  const edited = yield* readInSteps(site.file, withScalars(text, scalarsFor(site, site.image), wanted));
  verify(scanned, edited.scanned, site, wanted);
  return edited;
}

/** @param before what the scalars say in the text; those that stay are not touched */
function withScalars(text: string, before: readonly ImageScalar[], wanted: readonly ImageScalar[]): string {
  const changes = wanted
    .map(({ range, text: to }, index) => ({ range, to, from: before[index]?.text ?? '' }))
    .filter(({ from, to }) => from !== to)
    .toSorted((a, b) => b.range[0] - a.range[0]);
  return changes.reduce(
    (all, { range: [start, end], from, to }) =>
      `${all.slice(0, start)}${rewrite(all.slice(start, end), from, to)}${all.slice(end)}`,
    text,
  );
}

/** The scalar's source with another image in it. One that spells its image with escapes is quoted anew. */
function rewrite(source: string, from: string, to: string): string {
  // A block scalar may say the same in a comment above its content.
  const at = source.lastIndexOf(from);
  const isPlain = source === from;
  return from === '' || at === -1 || (isPlain && !isPlainText(to))
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

function verify(before: ScannedFile, after: ScannedFile, site: Site, wanted: readonly ImageScalar[]): void {
  const standing = scalarsFor(site, site.image);
  const stands = namedScalars(before);
  const missing = standing.find((scalar) => !stands.some((one) => isSame(one, scalar) && one.text === scalar.text));
  if (missing !== undefined) {
    throw refuse(site, `${missing.text} at line ${site.line}`, 'something else there', 'Look for the site again.');
  }
  const expected = stands.map((one) => print({ ...one, text: wanted.find((to) => isSame(one, to))?.text ?? one.text }));
  const found = namedScalars(after).map(print);
  const differing = Array.from({ length: Math.max(expected.length, found.length) }, (_, index) => index).find(
    (index) => expected[index] !== found[index],
  );
  if (differing !== undefined) {
    throw refuse(
      site,
      `the edit to read back as ${expected[differing] ?? 'nothing'}`,
      found[differing] ?? 'nothing',
      'Write the image as a plain or quoted scalar of its own.',
    );
  }
}

type NamedScalar = ImageScalar & { readonly place: string };

/** Every scalar of a file that holds an image or a part of one. */
function namedScalars({ sites, marked }: ScannedFile): readonly NamedScalar[] {
  const name = ({ object, container, path }: Pick<Site, 'object' | 'container' | 'path'>) =>
    `${object} container ${container} ${path}`;
  const named = (scalar: ImageScalar, place: string): NamedScalar => ({ ...scalar, place });
  return [
    ...sites.flatMap((site) => scalarsFor(site, site.image).map((scalar) => named(scalar, name(site)))),
    ...marked.flatMap((image) => image.scalars.map((scalar) => named(scalar, name(image)))),
  ];
}

function print({ place, part, text }: NamedScalar): string {
  return `${place}${part === 'whole' ? '' : ` ${part}`}: ${text}`;
}

function isSame({ range: one }: ImageScalar, { range: other }: ImageScalar): boolean {
  return one[0] === other[0] && one[1] === other[1];
}

function refuse({ file, object, container }: Site, expected: string, found: string, next: string): SluiceError {
  const subject = `${file}: ${object} container ${container}`;
  return new SluiceError({ code: 'manifest-invalid', subject, expected, found, next });
}
