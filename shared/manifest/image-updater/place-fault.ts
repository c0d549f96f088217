import { writtenParts } from '../../image/reference.ts';
import { asksForDigest } from '../../policy/parse.ts';
import type { GovernedImage } from '../declarations/dialect.ts';
import { holdsDigest } from '../marked-image.ts';
import type { ImagePlace } from '../site.ts';
import { nameOf, valuePath } from './entry-index.ts';
import type { ImageEntry } from './settings.ts';

/**
 * Why an image is not updated as it stands in a place; undefined where it is.
 *
 * @param line of its policy
 * @param images all of the Application
 */
export function placeFault(
  entry: ImageEntry,
  line: string,
  images: readonly ImageEntry[],
  { place, image, parts }: GovernedImage,
): string | undefined {
  const isOfChart = place?.role === 'value' || place?.role === 'parameter';
  const fault = isOfChart ? chartFault(entry, images, place.key, parts.includes('whole')) : undefined;
  if (fault !== undefined) {
    return fault;
  }
  const standing = image ?? nameBeside(place, entry.image);
  if (standing !== undefined && nameOf(standing) !== nameOf(entry.image)) {
    return `${standing} stands there, and not ${entry.image}: write that name by hand once`;
  }
  if (place === undefined && isBare(standing)) {
    return 'it has no tag there, which may come from elsewhere';
  }
  return asksForDigest(line) && !holdsDigest(parts)
    ? 'its policy asks for a digest, and there is no place for one; write digest: "" beside newTag'
    : undefined;
}

/** Of a base, say, that a kustomization gives a tag. */
function isBare(image: string | undefined): boolean {
  const { tag, digest } = image === undefined ? {} : writtenParts(image);
  return tag === undefined && digest === undefined;
}

function chartFault(
  entry: ImageEntry,
  images: readonly ImageEntry[],
  key: string,
  isWhole: boolean,
): string | undefined {
  // They would take turns.
  const other = images.find((one) => one !== entry && valuePath(one.helm) === key);
  if (other !== undefined) {
    return `${other.image} is written to ${key} too; name another value for one of them by helm.image-tag`;
  }
  if (entry.helm.spec !== undefined) {
    return isWhole ? undefined : `${key} holds no image with a tag`;
  }
  return isWhole ? `${key} holds a whole image, and not a tag; name it by helm.image-spec` : undefined;
}

/** The name beside a tag where it is another one. One without its registry, which stands in a field of its own, is the same. */
function nameBeside(place: ImagePlace | undefined, image: string): string | undefined {
  const beside = place?.beside;
  return beside === undefined || image === beside || image.endsWith(`/${beside}`) ? undefined : beside;
}
