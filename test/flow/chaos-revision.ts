import type { KubeObject } from '../cluster/kube-api.ts';

/** The namespace that all of it is in. */
export const SHOP = 'shop';

/** What kustomize builds; the rest stands in plain files. */
const KUSTOMIZED = 'kustomized';

const IN_SHOP = { namespace: SHOP };
/** A ConfigMap of the shop. */
export function configMap(name: string, value: string, more: object = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...IN_SHOP, ...more }, data: { value } };
}

/** So many of them. */
export function configMaps(count: number, value: string): readonly KubeObject[] {
  return Array.from({ length: count }, (_, index) => configMap(`many-${index}`, value));
}

function deployment(name: string, app: string, tag: string): KubeObject {
  const labels = { app };
  const spec = { containers: [{ name: 'app', image: `registry.example.com/app:${tag}` }] };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, ...IN_SHOP, annotations: { 'sluice.dev/force': 'enabled' } },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

/** An instance, and the definition of its kind. */
export function definitionAndInstance(
  name: string,
  namespace = SHOP,
): readonly [instance: KubeObject, definition: KubeObject] {
  const kind = `Gadget${name}`;
  const singular = kind.toLowerCase();
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return [
    { apiVersion: 'example.com/v1', kind, metadata: { name: 'first', namespace }, spec: { size: 1 } },
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${singular}s.example.com` },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: `${singular}s`, singular, kind },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    },
  ];
}

/**
 * What Git says in a generation: of each stage something; things that change, things that stay, a Deployment that is
 * made anew, and things of which the next generation has others in their place.
 */
export function generation(number: number): readonly KubeObject[] {
  const value = String(number);
  return [
    ...definitionAndInstance(value),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SHOP } },
    { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: `class-${value}` }, value: number },
    configMap('changing', value),
    configMap('staying', 'same'),
    configMap(KUSTOMIZED, value),
    configMap(`passing-${value}`, value),
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'changing', ...IN_SHOP }, data: { token: btoa(value) } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', ...IN_SHOP },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 + number }] },
    },
    deployment('web', 'web', value),
    deployment('anew', `anew-${value}`, value),
  ];
}

/** The files of a commit that says this: one for each object. */
export function filesOf(objects: readonly KubeObject[]): Readonly<Record<string, string>> {
  const files = objects.flatMap((object) => {
    const file = `${object.kind}-${object.metadata.name}.json`.toLowerCase();
    const plain = [[file, JSON.stringify(object)]];
    return object.metadata.name === KUSTOMIZED
      ? [
          ...plain.map(([name, text]) => [`${KUSTOMIZED}/${name}`, text]),
          [`${KUSTOMIZED}/kustomization.yaml`, `resources: [${file}]`],
        ]
      : plain;
  });
  return Object.fromEntries(files);
}
