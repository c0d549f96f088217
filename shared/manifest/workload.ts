import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';

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

const CONTAINER_LISTS = ['initContainers', 'containers'] as const;

/** A workload of a manifest, with what its dialects read. */
export interface Workload {
  /** `deployment/default/hello` */
  readonly object: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly containers: readonly Container[];
}

export interface Container {
  readonly name: string;
  /** `spec.template.spec.containers[0].image` */
  readonly path: string;
  /** The scalar that holds the image; of an alias, the one it points to. */
  readonly image: Scalar<string>;
}

/** The workloads of a YAML document, those inside a `List` too. Other objects are passed over. */
export function workloadsOf(document: Document): readonly Workload[] {
  return objectsOf(document.contents, document).flatMap((object) => {
    const kind = textAt(object, ['kind'], document) ?? '';
    const podSpec = POD_SPECS[kind];
    const name = textAt(object, ['metadata', 'name'], document);
    if (podSpec === undefined || name === undefined) {
      return [];
    }
    const namespace = textAt(object, ['metadata', 'namespace'], document) ?? 'default';
    return [
      {
        object: `${kind.toLowerCase()}/${namespace}/${name}`,
        annotations: textsAt(object, ['metadata', 'annotations'], document),
        containers: containersOf(object, podSpec, document),
      },
    ];
  });
}

function objectsOf(node: unknown, document: Document): readonly unknown[] {
  const items =
    textAt(node, ['kind'], document)?.endsWith('List') === true ? child(node, 'items', document) : undefined;
  return isSeq(items) ? items.items.flatMap((item) => objectsOf(resolve(item, document), document)) : [node];
}

function containersOf(object: unknown, podSpec: readonly string[], document: Document): readonly Container[] {
  return CONTAINER_LISTS.flatMap((list) => {
    const containers = at(object, [...podSpec, list], document);
    if (!isSeq(containers)) {
      return [];
    }
    return containers.items.flatMap((item, index) => {
      const image = child(resolve(item, document), 'image', document);
      const name = textAt(resolve(item, document), ['name'], document) ?? '';
      return isText(image) ? [{ name, path: `${podSpec.join('.')}.${list}[${index}].image`, image }] : [];
    });
  });
}

function textsAt(node: unknown, path: readonly string[], document: Document): Readonly<Record<string, string>> {
  const map = at(node, path, document);
  if (!isMap(map)) {
    return {};
  }
  const pairs = map.items.flatMap(({ key, value }) => {
    const text = resolve(value, document);
    return isText(key) && isText(text) ? [[key.value, text.value] as const] : [];
  });
  return Object.fromEntries(pairs);
}

function textAt(node: unknown, path: readonly string[], document: Document): string | undefined {
  const found = at(node, path, document);
  return isText(found) ? found.value : undefined;
}

function at(node: unknown, path: readonly string[], document: Document): unknown {
  return path.reduce((inner, key) => child(inner, key, document), node);
}

/** A value of a map: its own, else one that it merges in (`<<: *base`). The last of equal keys counts, as in Go. */
function child(node: unknown, key: string, document: Document): unknown {
  if (!isMap(node)) {
    return undefined;
  }
  const own = node.items.findLast((pair) => keyOf(pair) === key);
  if (own !== undefined) {
    return resolve(own.value, document);
  }
  const merged = resolve(node.items.find((pair) => keyOf(pair) === '<<')?.value, document);
  const sources = isSeq(merged) ? merged.items.map((item) => resolve(item, document)) : [merged];
  return sources.map((source) => child(source, key, document)).find((value) => value !== undefined);
}

function keyOf({ key }: Pair): unknown {
  return isScalar(key) ? key.value : undefined;
}

function resolve(node: unknown, document: Document): Node | undefined {
  return isAlias(node) ? node.resolve(document) : (node as Node | undefined);
}

function isText(node: unknown): node is Scalar<string> {
  return isScalar(node) && typeof node.value === 'string';
}
