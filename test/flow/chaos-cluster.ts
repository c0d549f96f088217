import { expect } from 'vitest';
import { linesOf } from '../../infra/agent/inventory/shards.ts';
import { keyOf } from '../../infra/agent/manifest.ts';
import { waitFor } from '../cluster/daemon.ts';
import type { KubeApi, KubeObject } from '../cluster/kube-api.ts';

/** The agent's name, which stands on what is its own. */
export const AGENT = 'shop';

interface Live extends KubeObject {
  readonly metadata: KubeObject['metadata'] & {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly deletionTimestamp?: string;
  };
  readonly data?: Readonly<Record<string, string>>;
}

/** Where the kinds of the test are, and whether they are in namespaces. */
const COLLECTIONS: Readonly<Record<string, readonly [group: string, plural: string, isNamespaced?: boolean]>> = {
  Namespace: ['/api/v1', 'namespaces'],
  ConfigMap: ['/api/v1', 'configmaps', true],
  Secret: ['/api/v1', 'secrets', true],
  Service: ['/api/v1', 'services', true],
  Deployment: ['/apis/apps/v1', 'deployments', true],
  PriorityClass: ['/apis/scheduling.k8s.io/v1', 'priorityclasses'],
  CustomResourceDefinition: ['/apis/apiextensions.k8s.io/v1', 'customresourcedefinitions'],
};

/** What is not in the table is an instance of a definition of the test. */
function collectionOf(
  kind: string,
  apiVersion: string,
): readonly [group: string, plural: string, isNamespaced?: boolean] {
  return COLLECTIONS[kind] ?? [`/apis/${apiVersion}`, `${kind.toLowerCase()}s`, true];
}

/** The URL of an object. */
export function pathOf({ apiVersion, kind, metadata: { name, namespace = 'default' } }: KubeObject): string {
  const [group, plural, isNamespaced = false] = collectionOf(kind, apiVersion);
  return `${group}${isNamespaced ? `/namespaces/${namespace}` : ''}/${plural}/${name}`;
}

/** The ConfigMap in which the agent says how it fares. */
export async function statusOf(api: KubeApi): Promise<Readonly<Record<string, string>>> {
  const { status, body } = await api.request(`/api/v1/namespaces/default/configmaps/sluice-status-${AGENT}`);
  return status === 200 ? ((body as Live).data ?? {}) : {};
}

/** Plants objects of others, and gives a look at whether anybody touched them since. */
export async function plantForeign(api: KubeApi, objects: readonly KubeObject[]): Promise<() => Promise<void>> {
  const look = async () =>
    Promise.all(
      objects.map(async (object) => {
        const { uid, resourceVersion } = ((await api.get(pathOf(object))) as Live).metadata;
        return { path: pathOf(object), uid, resourceVersion };
      }),
    );
  for (const object of objects) {
    await api.apply(pathOf(object), object, 'foreign');
  }
  const planted = await look();
  return async () => expect(await look()).toEqual(planted);
}

/** Expects each of these objects to be there, as it says; and that nothing else carries the agent's label. */
export async function expectOwned(api: KubeApi, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    const live = (await api.get(pathOf(object))) as Live;
    expect(live).toMatchObject({ ...object });
    expect(live.metadata.deletionTimestamp).toBeUndefined();
  }
  const wanted = objects.map(pathOf).toSorted();
  // Definitions, and what is waited for by finalizers, go in the background.
  const isAll = async () => {
    expect(await labelled(api, objects)).toEqual(wanted);
    return true;
  };
  await waitFor('what carries the label is what Git says', isAll, { timeoutMillis: 30_000 });
  const inventory = await api.get(`/api/v1/namespaces/default/configmaps?labelSelector=sluice.dev/inventory=${AGENT}`);
  const texts = (inventory as { readonly items: readonly Live[] }).items.map(({ data }) => data?.['objects'] ?? '');
  const entries = linesOf(texts);
  expect(entries.map(({ id }) => keyOf(id)).toSorted()).toEqual(
    objects
      .map(({ apiVersion, kind, metadata: { name, namespace = '' } }) => keyOf({ apiVersion, kind, name, namespace }))
      .toSorted(),
  );
  expect(entries.filter(({ applied }) => applied === undefined)).toEqual([]);
}

/** The paths of all objects with the agent's label, instances of definitions that are gone left aside. */
async function labelled(api: KubeApi, objects: readonly KubeObject[]): Promise<readonly string[]> {
  const known = Object.keys(COLLECTIONS).map((kind) => ({ kind, apiVersion: 'v1' }));
  const kinds = new Map([...known, ...objects].map(({ kind, apiVersion }) => [kind, apiVersion]));
  const lists = [...kinds].map(async ([kind, apiVersion]) => {
    const [group, plural] = collectionOf(kind, apiVersion);
    const { items } = (await api.get(`${group}/${plural}?labelSelector=sluice.dev/agent=${AGENT}`)) as {
      readonly items: readonly Live[];
    };
    return items.map((item) => pathOf({ ...item, kind, apiVersion }));
  });
  return (await Promise.all(lists)).flat().toSorted();
}
