import { isSluiceError } from '../../errors.ts';
import { imageName, parseReference } from '../../image/reference.ts';
import type { GovernedImage } from '../declarations/dialect.ts';
import type { ImagePlace } from '../site.ts';
import type { HelmPaths, ImageEntry } from './settings.ts';

/** What the updater takes where nothing is written. */
const DEFAULT_TAG = 'image.tag';

/** An image's place, with its names in normal form: of what stands there, and of the entry that it is of. */
export interface NamedPlace {
  readonly place: ImagePlace | undefined;
  readonly name: string | undefined;
  readonly keyName: string | undefined;
}

export function namedPlace({ place, image }: GovernedImage): NamedPlace {
  return {
    place,
    name: image === undefined ? undefined : nameOf(image),
    keyName: place === undefined ? undefined : nameOf(place.key),
  };
}

/** The images of one Application, by what they are found by in its places. */
export class EntryIndex {
  readonly #byImage: ReadonlyMap<string | undefined, readonly ImageEntry[]>;
  readonly #byKustomizeName: ReadonlyMap<string | undefined, readonly ImageEntry[]>;
  readonly #byValue: ReadonlyMap<string, readonly ImageEntry[]>;

  constructor(images: readonly ImageEntry[]) {
    this.#byImage = Map.groupBy(images, ({ image }) => nameOf(image));
    this.#byKustomizeName = Map.groupBy(images, ({ image, kustomizeName }) => nameOf(kustomizeName ?? image));
    this.#byValue = Map.groupBy(images, ({ helm }) => valuePath(helm));
  }

  /** The images that stand in such a place, in the order of the list. */
  at({ place, name, keyName }: NamedPlace): readonly ImageEntry[] {
    const byName = name === undefined ? [] : (this.#byImage.get(name) ?? []);
    if (place === undefined) {
      return byName;
    }
    return place.role === 'value' || place.role === 'parameter'
      ? (this.#byValue.get(place.key) ?? [])
      : [...new Set([...(this.#byKustomizeName.get(keyName) ?? []), ...byName])];
  }
}

/** Where the values of a chart hold what is updated: the whole image, or its tag. */
export function valuePath({ spec, tag }: HelmPaths): string {
  return spec ?? tag ?? DEFAULT_TAG;
}

/** The image without tag and digest in normal form; undefined where it is none. */
export function nameOf(image: string): string | undefined {
  try {
    return imageName(parseReference(image));
  } catch (error) {
    if (isSluiceError(error, 'reference-invalid')) {
      return undefined;
    }
    throw error;
  }
}
