import { writtenParts } from '../image/reference.ts';
import type { MarkedScalar } from './marker.ts';
import { printPath } from './marker.ts';
import type { Part } from './part.ts';
import { scalarOf } from './places/place.ts';
import type { ImagePart, ImageScalar, MarkedImage, ObjectHold, Site } from './site.ts';

/** In documents with more images than that each scalar stands for itself: all of them would be held against each. */
const MAX_GROUPS = 1000;

/** Where marked scalars stand: a document, and the object that holds each. */
export interface MarkedDocument {
  readonly file: string;
  readonly part: Part;
  /** What says so of the object that holds each, and of the images in it. */
  readonly holdOf: (scalar: MarkedScalar) => ObjectHold;
}

/**
 * The images that marked scalars hold. Scalars of one map that name the same policy, each for another part, hold one
 * image together: a name, a tag and a digest move as one. A name or a digest that stands elsewhere belongs to the
 * nearest image of its policy that lacks it.
 */
export function markedImages(scalars: readonly MarkedScalar[], document: MarkedDocument): readonly MarkedImage[] {
  const groups: MarkedScalar[][] = [];
  const isWhole = ({ part }: MarkedScalar) => part === 'whole' || part === 'tag';
  for (const scalar of [...scalars.filter(isWhole), ...scalars.filter((one) => !isWhole(one))]) {
    const group = scalar.part === 'whole' ? undefined : nearestGroup(scalar, groups);
    if (group === undefined) {
      groups.push([scalar]);
    } else {
      group.push(scalar);
    }
  }
  return groups.map((group) => imageOf(group, document)).toSorted((a, b) => a.range[0] - b.range[0]);
}

/** Tags begin an image each; what else there is goes with the one that it shares most of its path with. */
function nearestGroup(scalar: MarkedScalar, groups: readonly MarkedScalar[][]): MarkedScalar[] | undefined {
  if (scalar.part === 'tag' || groups.length > MAX_GROUPS) {
    return undefined;
  }
  let [nearest, most]: [MarkedScalar[] | undefined, number] = [undefined, -1];
  for (const group of groups) {
    const shared = lacks(group, scalar) ? sharedSteps(group[0]?.path ?? [], scalar.path) : -1;
    if (shared > most) {
      [nearest, most] = [group, shared];
    }
  }
  return nearest;
}

/** Could this scalar be a part of the same image? */
function lacks(group: readonly MarkedScalar[], { marker, part }: MarkedScalar): boolean {
  const own = group[0]?.marker;
  const isSamePolicy = own?.dialect === marker.dialect && own.policy === marker.policy;
  return isSamePolicy && !group.some((one) => one.part === 'whole' || one.part === part);
}

function sharedSteps(one: MarkedScalar['path'], other: MarkedScalar['path']): number {
  const differing = one.findIndex((step, index) => step !== other[index]);
  return differing < 0 ? one.length : differing;
}

function imageOf(group: readonly MarkedScalar[], { file, part, holdOf }: MarkedDocument): MarkedImage {
  const [first] = group as [MarkedScalar, ...MarkedScalar[]];
  const [start, end] = first.node.range ?? [0, 0];
  return {
    file,
    ...holdOf(first),
    container: printPath(first.part === 'whole' ? first.path : first.path.slice(0, -1)) || '(document)',
    path: printPath(first.path),
    range: [part.offsetAt(start), part.offsetAt(end)],
    line: part.lineAt(start),
    marker: first.marker,
    scalars: group.map(({ part: holds, node }) => scalarOf({ holds, node }, part)),
  };
}

/**
 * The image that marked scalars hold, as a reference; undefined where neither they nor the caller know its name, and
 * where they hold neither a tag nor a digest.
 *
 * @param name without tag and digest, of the policy that governs it
 */
export function referenceOf(scalars: readonly ImageScalar[], name: string | undefined): string | undefined {
  const whole = scalars.find((one) => one.part === 'whole');
  if (whole !== undefined) {
    return `${whole.before ?? ''}${whole.text}`;
  }
  const text = (part: ImagePart) => scalars.find((one) => one.part === part)?.text;
  const [named, tag, digest] = [text('name') ?? name, text('tag') ?? text('version') ?? '', text('digest') ?? ''];
  return named === undefined || (tag === '' && digest === '')
    ? undefined
    : `${named}${tag === '' ? '' : `:${tag}`}${digest === '' ? '' : `@${digest}`}`;
}

/** What each scalar of a site is to say, so that together they hold this image as far as they can. */
export function scalarsFor({ scalars, range }: Site, image: string): readonly ImageScalar[] {
  if (scalars === undefined) {
    return [{ part: 'whole', text: image, range }];
  }
  const { name, tag = '', digest = '' } = writtenParts(image);
  const version = `${tag}${digest === '' ? '' : `@${digest}`}`;
  const texts = { whole: image, name, tag, digest, version };
  return scalars.map((scalar) => ({ ...scalar, text: withoutBefore(texts[scalar.part], scalar) }));
}

function withoutBefore(text: string, { before }: ImageScalar): string {
  return before !== undefined && text.startsWith(before) ? text.slice(before.length) : text;
}

/** How a site reads once this image is written there: a tag's scalar takes no digest. */
export function imageAfter(site: Site, image: string): string {
  return referenceOf(scalarsFor(site, image), writtenParts(image).name) ?? image;
}

/** May a digest be written there? */
export function holdsDigest(parts: readonly ImagePart[]): boolean {
  return parts.some((part) => part === 'whole' || part === 'digest' || part === 'version');
}
