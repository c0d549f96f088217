import { keyOf, nameFaults, PREFIX } from './annotation-names.ts';
import { type ListedImage, parseImageList } from './image-list.ts';
import { policyFor } from './policy-line.ts';
import { type ImageEntry, splitList, type UpdateSettings } from './settings.ts';

/** What the annotations of an Application ask for. */
export interface AnnotatedImages {
  readonly images: readonly ImageEntry[];
  /** What is wrong with the list, or with names, and refuses no image: items that are none, annotations that do nothing. */
  readonly faults: readonly string[];
}

type Annotations = Readonly<Record<string, string>>;
/** The text of an annotation of this image; empty where it says nothing. */
type Read = (option: string) => string | undefined;

/** The one that names the images; without it the others ask for nothing. */
export const IMAGE_LIST = `${PREFIX}image-list`;

/**
 * The images of an Application's annotations, each with its policy; undefined where it has no list. What is said of an
 * alias goes before what is said of the whole Application, empty texts too. An image whose annotations are misspelt is
 * refused, and all are where nobody can tell which one was meant.
 *
 * @see https://github.com/argoproj-labs/argocd-image-updater/blob/v0.16.0/docs/configuration/images.md#available-annotations
 * @see https://github.com/argoproj-labs/argocd-image-updater/blob/master/registry-scanner/pkg/image/options.go
 */
export function annotatedImages(annotations: Annotations): AnnotatedImages | undefined {
  const list = annotations[IMAGE_LIST];
  if (list === undefined) {
    return undefined;
  }
  const items = parseImageList(list);
  const listed = items.flatMap((item) => ('fault' in item ? [] : [item]));
  const names = nameFaults(Object.keys(annotations), listed);
  const images = listed.map((image) => {
    const fault = names.find(({ alias }) => alias === undefined || alias === keyOf(image.alias ?? ''));
    return entryOf(image, annotations, fault?.reason);
  });
  // One that refuses an image is told of with it.
  const told = new Set(images.flatMap(({ policy }) => ('refused' in policy ? [policy.refused] : [])));
  const left = names.map(({ reason }) => reason).filter((reason) => !told.has(reason));
  const faults = [...items.flatMap((item) => ('fault' in item ? [item.fault] : [])), ...left];
  return { images, faults };
}

function entryOf(listed: ListedImage, annotations: Annotations, fault: string | undefined): ImageEntry {
  const { alias, image, constraint } = listed;
  const own: Read = (option) => (alias === undefined ? undefined : annotations[`${PREFIX}${keyOf(alias)}.${option}`]);
  const settings = settingsOf(own, (option) => annotations[`${PREFIX}${option}`]);
  const written = (option: string) => own(option)?.trim() || undefined;
  return {
    alias,
    image,
    policy: fault === undefined ? policyFor(constraint, settings) : { refused: fault },
    platforms: settings.platforms ?? [],
    forceUpdate: settings.forceUpdate === true,
    helm: { spec: written('helm.image-spec'), name: written('helm.image-name'), tag: written('helm.image-tag') },
    kustomizeName: written('kustomize.image-name'),
  };
}

function settingsOf(own: Read, wide: Read): UpdateSettings {
  const read: Read = (option) => own(option) ?? wide(option);
  return {
    strategy: read('update-strategy'),
    // The older name counts where the one in use says nothing.
    allowTags: read('allow-tags') || own('tag-match'),
    ignoreTags: splitList(read('ignore-tags')),
    platforms: splitList(read('platforms')),
    forceUpdate: read('force-update') === 'true',
  };
}
