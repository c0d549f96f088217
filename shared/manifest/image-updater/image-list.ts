import { isSluiceError } from '../../errors.ts';
import { parseReference } from '../../image/reference.ts';

/** An image as a list or an `ImageUpdater` names it. */
export interface ListedImage {
  readonly alias: string | undefined;
  /** Without its constraint. */
  readonly image: string;
  /** Empty where there is none. */
  readonly constraint: string;
}

/** What is wrong with an item, for people. */
export interface ListFault {
  readonly fault: string;
}

/** Images of one Application, or of one rule of an `ImageUpdater`. */
export const MAX_IMAGES = 100;

/**
 * The items of an `image-list`: `web=ghcr.io/o/web:~1.2, nginx`. As with the updater no constraint can have a comma.
 *
 * @see https://github.com/argoproj-labs/argocd-image-updater/blob/v0.16.0/docs/configuration/images.md
 */
export function parseImageList(text: string): readonly (ListedImage | ListFault)[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length > MAX_IMAGES) {
    return [{ fault: `image-list has ${items.length} images; expected ${MAX_IMAGES} at most` }];
  }
  return items.length === 0 ? [{ fault: 'image-list names no image' }] : items.map(parseItem);
}

/** An alias has no colon, so that the `=` of `nginx:>=1.2` is the constraint's. */
const ITEM = /^(?:(?<alias>[^=:]*)=)?(?<rest>.*)$/s;

function parseItem(item: string): ListedImage | ListFault {
  const { alias, rest = '' } = ITEM.exec(item)?.groups ?? {};
  return parseImage(alias?.trim() === '' ? undefined : alias?.trim(), rest.trim());
}

/** The last part of a path, and what stands behind its colon. No constraint has a slash. */
const IMAGE = /^(?<image>(?:[^@]*\/)?[^/:@]+)(?::(?<constraint>[^/]*))?$/s;

/** @param text an image with its constraint: `host:5000/o/web:~1.2` */
export function parseImage(alias: string | undefined, text: string): ListedImage | ListFault {
  const { image = '', constraint = '' } = IMAGE.exec(text)?.groups ?? {};
  try {
    parseReference(image);
  } catch (error) {
    if (isSluiceError(error, 'reference-invalid')) {
      const expected = 'an image and a constraint like registry.example.com/team/app:~1.2';
      return { fault: `${JSON.stringify(text)} is no image; expected ${expected}` };
    }
    throw error;
  }
  return { alias, image, constraint: constraint.trim() };
}
