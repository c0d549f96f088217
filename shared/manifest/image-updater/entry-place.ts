import { isSluiceError } from '../../errors.ts';
import { imageName, parseReference } from '../../image/reference.ts';
import type { GovernedImage } from '../declarations/dialect.ts';
import { applicationOfFile } from '../places/application-source.ts';
import type { ImagePlace } from '../site.ts';
import { folderOf, isBelow, joinPath } from './repository-path.ts';
import type { HelmPaths, ImageEntry } from './settings.ts';
import type { UpdatedApplication } from './updated-application.ts';

const VALUES_FILE = 'values.yaml';
/** What the updater takes where nothing is written. */
const DEFAULT_TAG = 'image.tag';

/** Is an image in a place that updates of this Application are written to, or in a workload of its path? */
export function isPlaceOf(application: UpdatedApplication, image: GovernedImage): boolean {
  const { path, target, elsewhere } = application;
  const { file, place } = image;
  if (place === undefined) {
    return path !== undefined && isBelow(file, path);
  }
  if (target.kind === 'helmvalues') {
    return place.role === 'value' && elsewhere === undefined && file === target.file;
  }
  if (place.role === 'kustomization') {
    const folder = target.kind === 'kustomization' && elsewhere === undefined ? target.folder : path;
    return folder !== undefined && folderOf(file) === folder;
  }
  if (target.kind === 'kustomization') {
    return false;
  }
  return (
    isOwn(application, image) ||
    (place.role === 'value' ? isValuesFile(application, file) : isSourceFile(application, file))
  );
}

function isOwn({ declared }: UpdatedApplication, { file, object }: GovernedImage): boolean {
  return file === declared.file && object === declared.object;
}

function isValuesFile({ path, valueFiles }: UpdatedApplication, file: string): boolean {
  return valueFiles.includes(file) || (path !== undefined && file === joinPath(path, VALUES_FILE));
}

function isSourceFile({ path, declared }: UpdatedApplication, file: string): boolean {
  const named = applicationOfFile(file);
  const { namespace, name } = declared.facts;
  return (
    named?.name === name &&
    path !== undefined &&
    folderOf(file) === path &&
    (named.namespace === undefined || namespace === undefined || named.namespace === namespace)
  );
}

/** Is it this image that stands in such a place? */
export function isEntryAt(entry: ImageEntry, { place, image }: GovernedImage): boolean {
  if (place === undefined) {
    return isSameImage(image, entry.image);
  }
  return place.role === 'value' || place.role === 'parameter'
    ? place.key === valuePath(entry.helm)
    : isSameImage(place.key, entry.kustomizeName ?? entry.image) || isSameImage(image, entry.image);
}

/** Where the values of a chart hold what is updated: the whole image, or its tag. */
export function valuePath({ spec, tag }: HelmPaths): string {
  return spec ?? tag ?? DEFAULT_TAG;
}

/** Why an image in a place of this entry is not updated as it stands there; undefined where it is. */
export function faultAt(entry: ImageEntry, { place, image, parts }: GovernedImage): string | undefined {
  const isOfChart = place?.role === 'value' || place?.role === 'parameter';
  const isWhole = parts.includes('whole');
  if (isOfChart && entry.helm.spec !== undefined && !isWhole) {
    return `${place.key} holds no image with a tag`;
  }
  if (isOfChart && entry.helm.spec === undefined && isWhole) {
    return `${place.key} holds a whole image, and not a tag; name it by helm.image-spec`;
  }
  const standing = image ?? nameBeside(place, entry.image);
  return standing === undefined || isSameImage(standing, entry.image)
    ? undefined
    : `${standing} stands there, and not ${entry.image}: write that name by hand once`;
}

/** The name beside a tag where it is another one. One without its registry, which stands in a field of its own, is the same. */
function nameBeside(place: ImagePlace | undefined, image: string): string | undefined {
  const beside = place?.beside;
  return beside === undefined || image === beside || image.endsWith(`/${beside}`) ? undefined : beside;
}

export function isSameImage(one: string | undefined, other: string): boolean {
  const name = one === undefined ? undefined : nameOf(one);
  return name !== undefined && name === nameOf(other);
}

function nameOf(image: string): string | undefined {
  try {
    return imageName(parseReference(image));
  } catch (error) {
    if (isSluiceError(error, 'reference-invalid')) {
      return undefined;
    }
    throw error;
  }
}
