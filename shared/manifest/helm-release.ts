import { isMap, isScalar, type Node } from 'yaml';
import type { Container, ImageRest } from './container.ts';
import { isText } from './object-nodes.ts';
import type { Tree } from './tree.ts';

/** The name of an image at the top of the values. */
const CHART_IMAGE = 'chart-image';
const REGISTRY = 'registry.fluxcd.io/';
const REPOSITORY = 'repository.fluxcd.io/';
const TAG = 'tag.fluxcd.io/';

/** Versions of the API that Flux v1 reads. */
const APIS = ['helm.fluxcd.io/', 'flux.weave.works/'];

/** Is this a HelmRelease of Flux v1, whose values hold images? */
export function isHelmRelease(kind: string, apiVersion: string): boolean {
  return kind === 'HelmRelease' && APIS.some((api) => apiVersion.startsWith(api));
}

/** The images in a release's values, and annotations that name one that is not there. */
export interface ReleaseImages {
  readonly containers: readonly Container[];
  readonly unmapped: readonly string[];
}

/**
 * Finds the images in the values of a HelmRelease of Flux v1: an `image`, a text or a map, at their top (`chart-image`)
 * or one level down (named by that key), with a `tag` and a `registry` beside it or not; and what
 * `repository.fluxcd.io/NAME`, `tag.fluxcd.io/NAME` and `registry.fluxcd.io/NAME` say by dotted paths, which goes before.
 *
 * Other than there, a tag that YAML reads as a number is a tag.
 *
 * @see https://github.com/fluxcd/flux/blob/master/pkg/cluster/kubernetes/resource/helmrelease.go FindHelmReleaseContainers
 */
export function releaseImages(
  values: Node | undefined,
  annotations: Readonly<Record<string, string>>,
  base: string,
  tree: Tree,
): ReleaseImages {
  const found = new Map<string, Container>();
  const top = imageIn(values, [], tree);
  if (top !== undefined) {
    found.set(CHART_IMAGE, containerOf(CHART_IMAGE, top, base));
  }
  for (const [name, node] of tree.fields(values)) {
    const image = imageIn(node, [name], tree);
    if (image !== undefined) {
      found.set(name, containerOf(name, image, base));
    }
  }
  const unmapped: string[] = [];
  for (const key of Object.keys(annotations).filter((one) => one.startsWith(REPOSITORY))) {
    const name = key.slice(REPOSITORY.length);
    const mapped = mappedImage(values, annotations, name, tree);
    if (mapped === undefined) {
      unmapped.push(`${key}: ${annotations[key]}`);
    } else {
      found.set(name, containerOf(name, mapped, base));
    }
  }
  return { containers: [...found.values()], unmapped };
}

/** The scalar that holds an image or its tag, and what else stands of it. */
interface FoundImage {
  readonly node: Node;
  /** From the values. */
  readonly path: readonly string[];
  readonly rest: ImageRest | undefined;
}

function containerOf(name: string, { node, path, rest }: FoundImage, base: string): Container {
  return { name, path: [base, ...path].join('.'), isInit: false, image: node, rest };
}

/** `image: a:1`, or `image: a` and `tag: 1`; or the same below `image`, where it is a map. */
function imageIn(node: Node | undefined, path: readonly string[], tree: Tree): FoundImage | undefined {
  const image = tree.fields(node).get('image');
  const [holder, key] = isMap(image) ? [image, 'repository'] : [node, 'image'];
  const within = isMap(image) ? [...path, 'image'] : path;
  const fields = tree.fields(holder);
  return together(
    { node: fields.get(key), path: [...within, key] },
    { node: fields.get('tag'), path: [...within, 'tag'] },
    fields.get('registry'),
  );
}

function mappedImage(
  values: Node | undefined,
  annotations: Readonly<Record<string, string>>,
  name: string,
  tree: Tree,
): FoundImage | undefined {
  const at = (prefix: string) => {
    const path = annotations[`${prefix}${name}`]?.split('.');
    return { node: path && tree.at(values, path), path: path ?? [], isNamed: path !== undefined };
  };
  const [repository, tag, registry] = [at(REPOSITORY), at(TAG), at(REGISTRY)];
  const isMissing = (one: typeof tag) => one.isNamed && one.node === undefined;
  return isMissing(tag) || isMissing(registry) ? undefined : together(repository, tag, registry.node);
}

type Place = Pick<FoundImage, 'path'> & { readonly node: Node | undefined };

/** Undefined where the name is no text. */
function together(repository: Place, tag: Place, registry: Node | undefined): FoundImage | undefined {
  if (!isText(repository.node)) {
    return undefined;
  }
  const before = isText(registry) && registry.value !== '' ? `${registry.value.trim()}/` : '';
  if (isScalar(tag.node) && tag.node.value !== null) {
    const name = `${before}${repository.node.value.trim()}`;
    return { node: tag.node, path: tag.path, rest: { part: 'tag', before: name } };
  }
  const rest = before === '' ? undefined : ({ part: 'whole', before } as const);
  return { node: repository.node, path: repository.path, rest };
}
