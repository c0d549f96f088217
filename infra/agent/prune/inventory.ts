import type { Cluster } from '../cluster/cluster.ts';
import { keyOf, type Manifest, type ObjectId } from '../manifest.ts';

/** What the agent has applied and still answers for. It is kept in the cluster, as a ConfigMap. */
export interface Inventory {
  read(): Promise<readonly ObjectId[]>;
  /** The revision that it was written for last. */
  revision(): Promise<string | undefined>;
  write(objects: readonly ObjectId[], revision: string): Promise<void>;
}

/** Stands on each object that the agent applies, with the agent's name; only such objects are pruned. */
export const OWNER_LABEL = 'sluice.dev/agent';

/** The inventory of an agent, in the namespace that it lives in. */
export function openInventory(cluster: Cluster, agent: string, namespace: string): Inventory {
  const id: ObjectId = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: `sluice-inventory-${agent}` };
  const field = async (name: 'objects' | 'revision') => {
    const data = new Map<string, unknown>(Object.entries((await cluster.read(id))?.['data'] ?? {}));
    const value = data.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  return {
    async read() {
      const text = (await field('objects')) ?? '';
      return text.split('\n').filter(Boolean).map(fromLine);
    },
    revision: async () => field('revision'),
    async write(objects, revision) {
      const unique = new Map(objects.map((object) => [keyOf(object), object]));
      const manifest: Manifest = {
        apiVersion: id.apiVersion,
        kind: id.kind,
        metadata: { name: id.name, namespace, labels: { 'app.kubernetes.io/managed-by': 'sluice-agent' } },
        data: { revision, objects: [...unique.values()].map(toLine).toSorted().join('\n') },
      };
      await cluster.apply(manifest);
    },
  };
}

/** A line an object, of names that hold no spaces: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
function toLine({ apiVersion, kind, namespace, name }: ObjectId): string {
  return [apiVersion, kind, namespace || '-', name].join(' ');
}

function fromLine(line: string): ObjectId {
  const [apiVersion = '', kind = '', namespace = '', name = ''] = line.split(' ');
  return { apiVersion, kind, namespace: namespace === '-' ? '' : namespace, name };
}
