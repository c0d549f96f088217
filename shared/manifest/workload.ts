import { isScalar, type Node } from 'yaml';
import type { Container } from './container.ts';
import { isHelmRelease, releaseImages } from './helm-release.ts';
import { MAX_ANNOTATION, MAX_NAME } from './limits.ts';
import { isText, objectNodes, textAt } from './object-nodes.ts';
import type { Tree } from './tree.ts';

/** Where the pod's specification stands in each kind of workload. */
const POD_SPECS: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  Deployment: ['spec', 'template', 'spec'],
  StatefulSet: ['spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  ReplicaSet: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
};

/** Where a HelmRelease has what its chart is given. */
const VALUES = ['spec', 'values'];

/** Of each place so many names are looked at. */
const MAX_MISPLACED = 100;

const INIT_CONTAINERS = 'initContainers';
const CONTAINER_LISTS = [INIT_CONTAINERS, 'containers'] as const;

/** A workload of a manifest, with what its dialects read. */
export interface Workload {
  /** `deployment/default/hello` */
  readonly object: string;
  /** Those that are text; Kubernetes takes no others. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Those that are not, as `name: value`, with their places; a workload that has any is one that nothing can apply. */
  readonly misfits: readonly Misfit[];
  /** Those that are text. */
  readonly labels: Readonly<Record<string, string>>;
  /** What is written as a label, or beside the pod: no dialect but Keel's, in labels, reads it there. */
  readonly elsewhere: readonly Misplaced[];
  readonly containers: readonly Container[];
  /** Annotations that name an image which is not there, with the place of the workload. */
  readonly unmapped: readonly Misfit[];
}

export interface Misfit {
  /** `fluxcd.io/automated: true` */
  readonly text: string;
  readonly node: Node;
}

export interface Misplaced {
  /** `fluxcd.io/automated` */
  readonly name: string;
  /** `spec.template.metadata.annotations` */
  readonly path: string;
}

/** The workloads of a YAML document, those inside a `List` too. Other objects are passed over. */
export function workloadsOf(tree: Tree): readonly Workload[] {
  return objectNodes(tree).flatMap(({ node, prefix }) => {
    const kind = textAt(node, ['kind'], tree) ?? '';
    const isRelease = isHelmRelease(kind, textAt(node, ['apiVersion'], tree) ?? '');
    const podSpec = Object.hasOwn(POD_SPECS, kind) ? POD_SPECS[kind] : undefined;
    const name = textAt(node, ['metadata', 'name'], tree);
    if ((podSpec === undefined && !isRelease) || name === undefined) {
      return [];
    }
    const namespace = textAt(node, ['metadata', 'namespace'], tree) ?? 'default';
    const annotations = annotationsOf(node, tree);
    const images =
      podSpec === undefined
        ? releaseImages(tree.at(node, VALUES), annotations.annotations, `${prefix}${VALUES.join('.')}`, tree)
        : { containers: containersOf(node, prefix, podSpec, tree), unmapped: [] };
    return [
      {
        object: `${kind.toLowerCase()}/${namespace}/${name}`,
        ...annotations,
        labels: textsAt(node, ['metadata', 'labels'], tree).texts,
        elsewhere: misplacedIn(node, podSpec?.slice(0, -1) ?? [], tree),
        containers: images.containers,
        unmapped: images.unmapped.map((text) => ({ text, node })),
      },
    ];
  });
}

function containersOf(
  object: Node | undefined,
  prefix: string,
  podSpec: readonly string[],
  tree: Tree,
): readonly Container[] {
  return CONTAINER_LISTS.flatMap((list) =>
    tree.items(tree.at(object, [...podSpec, list])).flatMap((item, index) => {
      const image = tree.at(item, ['image']);
      const path = `${prefix}${podSpec.join('.')}.${list}[${index}].image`;
      return image === undefined || isNull(image)
        ? []
        : [{ name: textAt(item, ['name'], tree), path, isInit: list === INIT_CONTAINERS, image }];
    }),
  );
}

/** The annotations of an object, a workload or not. */
export function annotationsOf(object: Node | undefined, tree: Tree): Pick<Workload, 'annotations' | 'misfits'> {
  const { texts: annotations, misfits } = textsAt(object, ['metadata', 'annotations'], tree);
  return { annotations, misfits };
}

interface Texts {
  readonly texts: Readonly<Record<string, string>>;
  readonly misfits: readonly Misfit[];
}

/** The fields of a map that are text, and those that are not. */
function textsAt(object: Node | undefined, path: readonly string[], tree: Tree): Texts {
  const texts: Record<string, string> = {};
  const misfits: Misfit[] = [];
  for (const [name, node] of tree.fields(tree.at(object, path))) {
    if (isText(node)) {
      texts[name] = node.value.slice(0, MAX_ANNOTATION);
    } else if (node !== undefined && !isNull(node)) {
      misfits.push({ text: `${name}: ${isScalar(node) ? node.source : 'no text'}`, node });
    }
  }
  return { texts, misfits };
}

function misplacedIn(object: Node | undefined, template: readonly string[], tree: Tree): readonly Misplaced[] {
  const places = [['metadata', 'labels'], ...(template.length === 0 ? [] : [[...template, 'metadata', 'annotations']])];
  return places.flatMap((place) =>
    [...tree.fields(tree.at(object, place)).keys()]
      .filter((name) => name.includes('/'))
      .slice(0, MAX_MISPLACED)
      .map((name) => ({ name: name.slice(0, MAX_NAME), path: place.join('.') })),
  );
}

function isNull(node: Node): boolean {
  return isScalar(node) && node.value === null;
}
