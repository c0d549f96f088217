import { isDeepStrictEqual } from 'node:util';
import type { Cluster } from '../cluster/cluster.ts';
import type { Manifest, ObjectId } from '../manifest.ts';
import type { InventoryEntry } from './entry.ts';
import { layOut, linesOf } from './shards.ts';

/** What the agent has applied and still answers for. It is kept in the cluster, in ConfigMaps. */
export interface Inventory {
  read(): Promise<Recorded>;
  /**
   * Writes what has changed since it was read or written last. Killed in between it has either of an object's lines.
   *
   * @param whole the last revision that was applied whole and pruned within the limit; as it was where it is left out
   */
  write(entries: readonly InventoryEntry[], revision: string, whole?: WholeRevision): Promise<void>;
}

/** The last revision that was applied whole and pruned within the limit. */
export interface WholeRevision {
  /** Undefined before there was one, and where an older release wrote it. */
  readonly whole?: string | undefined;
  /** The folders of its charts that another controller deploys, as `printCharts` has them. */
  readonly chartsOfOthers?: string | undefined;
}

/** What an inventory has. */
export interface Recorded extends WholeRevision {
  readonly entries: readonly InventoryEntry[];
  /** The revision that it was written for last. */
  readonly revision?: string | undefined;
}

/** Stands on each object that the agent applies, with the agent's name; only such objects are pruned. */
export const OWNER_LABEL = 'sluice.dev/agent';

/** Stands on the ConfigMaps of an inventory, with the agent's name. */
const INVENTORY_LABEL = 'sluice.dev/inventory';

const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' } as const;

/** The ConfigMap of an inventory that says, besides objects, which revision it was written for last. */
export function inventoryId(agent: string, namespace: string): ObjectId {
  return { ...CONFIG_MAP, namespace, name: `sluice-inventory-${agent}` };
}

/** The inventory of an agent, in the namespace that it lives in. */
export function openInventory(cluster: Cluster, agent: string, namespace: string): Inventory {
  const { name: first } = inventoryId(agent, namespace);
  // No agent's name begins such that the further parts of one were the first of another.
  const nameOf = (index: number) => (index === 0 ? first : `sluice-inventory.${index}.${agent}`);
  let kept: readonly string[] = [];
  let head: Omit<Recorded, 'entries'> = {};
  return {
    async read() {
      const labelSelector = `${INVENTORY_LABEL}=${agent}`;
      const found = await cluster.list(CONFIG_MAP, { namespace, labelSelector });
      const texts = new Map(found.map((one) => [one.metadata.name, dataOf(one)]));
      const count = 1 + Math.max(0, ...found.map(({ metadata }) => numberIn(metadata.name)));
      kept = Array.from({ length: count }, (_, index) => texts.get(nameOf(index))?.['objects'] ?? '');
      const { revision, whole, chartsOfOthers } = texts.get(nameOf(0)) ?? {};
      head = { revision, whole, chartsOfOthers };
      return { entries: linesOf(kept), ...head };
    },
    async write(entries, revision, { whole, chartsOfOthers } = head) {
      const next = { revision, whole, chartsOfOthers };
      const isHeadKept = isDeepStrictEqual(next, head);
      const shards = layOut(kept, entries);
      for (const [index, objects] of shards.entries()) {
        if (objects === kept[index] && (index > 0 || isHeadKept)) {
          continue;
        }
        const manifest: Manifest = {
          ...CONFIG_MAP,
          metadata: {
            name: nameOf(index),
            namespace,
            labels: { 'app.kubernetes.io/managed-by': 'sluice-agent', [INVENTORY_LABEL]: agent },
          },
          // What is undefined is left out of JSON.
          data: { ...(index === 0 && next), objects },
        };
        await cluster.apply(manifest);
      }
      kept = shards;
      head = next;
    },
  };
}

function numberIn(name: string): number {
  return Number(/^sluice-inventory\.(\d{1,3})\./.exec(name)?.[1] ?? 0);
}

function dataOf({ data }: Manifest): Readonly<Record<string, string>> {
  return typeof data === 'object' && data !== null ? (data as Readonly<Record<string, string>>) : {};
}
