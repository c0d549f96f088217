import { isScalar, type Node, type Scalar } from 'yaml';
import { isSluiceError } from '../../errors.ts';
import { parseReference } from '../../image/reference.ts';
import type { Part } from '../part.ts';
import type { ImagePart, ImagePlace, ImageScalar, MarkedImage } from '../site.ts';

/** A document with places of images, and the object that they are told of as parts of. */
export interface PlacesOf {
  readonly file: string;
  readonly part: Part;
  readonly object: string;
}

/** A scalar with what of an image it holds. */
export interface HeldPart {
  readonly holds: ImagePart;
  readonly node: Scalar;
  /** Of a text with more than the image in it, the image. */
  readonly text?: string | undefined;
}

/** Longer texts are no images. */
const MAX_IMAGE = 512;
/** A tag, and perhaps the digest beside it. */
const VERSION = /^\w[\w.-]{0,127}(?:@sha256:[0-9a-f]{64})?$/;

/**
 * A place that holds an image, or a part of one, though nothing beside it says so: what governs it stands elsewhere.
 *
 * @param path in its document, for people
 */
export function placeOf(
  place: ImagePlace,
  path: string,
  [first, ...others]: readonly [HeldPart, ...HeldPart[]],
  { file, part, object }: PlacesOf,
): MarkedImage {
  const [start, end] = first.node.range ?? [0, 0];
  return {
    file,
    object,
    container: place.key,
    path,
    range: [part.offsetAt(start), part.offsetAt(end)],
    line: part.lineAt(start),
    marker: undefined,
    place,
    scalars: [first, ...others].map((held) => scalarOf(held, part)),
  };
}

/** With its place in the file. */
export function scalarOf({ holds, node, text }: HeldPart, part: Part): ImageScalar {
  const [start, end] = node.range ?? [0, 0];
  return { part: holds, text: text ?? textOf(node), range: [part.offsetAt(start), part.offsetAt(end)] };
}

/** As it is written: of what is read as a number, `1.10`, all digits count. */
export function textOf(node: Scalar): string {
  return typeof node.value === 'string' ? node.value.trim() : (node.source ?? '');
}

/** Is this a scalar with something in it? */
export function isFilled(node: Node | undefined): node is Scalar {
  return isScalar(node) && node.value !== null && textOf(node) !== '';
}

/** What a value of a chart may hold of an image: a whole one with its tag, or a tag. Undefined where it is neither. */
export function partIn(text: string): 'whole' | 'version' | undefined {
  if (text.length > MAX_IMAGE) {
    return undefined;
  }
  if (VERSION.test(text)) {
    return 'version';
  }
  try {
    const { tag, digest } = parseReference(text);
    return tag === undefined && digest === undefined ? undefined : 'whole';
  } catch (error) {
    if (isSluiceError(error, 'reference-invalid')) {
      return undefined;
    }
    throw error;
  }
}
