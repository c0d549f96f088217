import { isSluiceError } from '../../../shared/errors.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import type { InventoryEntry } from '../inventory/entry.ts';
import { OWNER_LABEL } from '../inventory/inventory.ts';
import { idOf, type Kind, keyOf, type ObjectId, printKind } from '../manifest.ts';
import { inParallel } from '../parallel.ts';
import { markThatKeeps, type Stay } from './keep.ts';

const AT_ONCE = 8;
/** So few objects of a kind are read one by one. */
const FEW = 20;

/** What there is of an object that left Git. */
export type ObservedStale = Pick<InventoryEntry, 'id' | 'standing'> &
  (
    | { readonly is: 'gone' }
    | ({ readonly is: 'staying' } & Stay)
    | { readonly is: 'ours'; readonly live: LiveObject }
    /** The cluster would not say. */
    | { readonly is: 'unseen'; readonly reason: string }
  );

/** Looks at objects by one list for each kind of many, and else one by one. */
export async function observeStale(
  cluster: Cluster,
  left: readonly InventoryEntry[],
  agent: string,
): Promise<readonly ObservedStale[]> {
  const listed = new Map<string, LiveObject>();
  for (const ofKind of Map.groupBy(left, ({ id }) => printKind(id)).values()) {
    const [first] = ofKind;
    if (first !== undefined && ofKind.length > FEW) {
      await list(cluster, first.id, agent, listed);
    }
  }
  return inParallel(left, AT_ONCE, async ({ id, standing }): Promise<ObservedStale> => {
    try {
      const live = listed.get(keyOf(id)) ?? (await readInAnyVersion(cluster, id));
      return { id, standing, ...lookOf(live, agent) };
    } catch (error) {
      if (!isSluiceError(error, 'cluster-refused')) {
        throw error;
      }
      return { id, standing, is: 'unseen', reason: error.found };
    }
  });
}

/** What may not be listed may yet be read. */
async function list(cluster: Cluster, kind: Kind, agent: string, into: Map<string, LiveObject>): Promise<void> {
  try {
    const labelSelector = `${OWNER_LABEL}=${agent}`;
    for await (const page of cluster.pages(kind, { labelSelector, metadataOnly: true })) {
      for (const live of page) {
        into.set(keyOf(idOf(live)), live);
      }
    }
  } catch (error) {
    if (!isSluiceError(error, 'cluster-refused')) {
      throw error;
    }
  }
}

function lookOf(live: LiveObject | undefined, agent: string) {
  if (live === undefined) {
    return { is: 'gone' } as const;
  }
  const stay = reasonToStay(live, agent);
  return stay === undefined ? ({ is: 'ours', live } as const) : ({ is: 'staying', ...stay } as const);
}

/** A version that the inventory names may be served no longer, and the object be there under another. */
async function readInAnyVersion(cluster: Cluster, id: ObjectId): Promise<LiveObject | undefined> {
  const live = await cluster.read(id, { metadataOnly: true });
  if (live !== undefined) {
    return live;
  }
  const served = await cluster.servedAs(id);
  return served === undefined || served.apiVersion === id.apiVersion
    ? undefined
    : cluster.read({ ...id, ...served }, { metadataOnly: true });
}

function reasonToStay({ metadata }: LiveObject, agent: string): Stay | undefined {
  const { labels = {}, ownerReferences = [] } = metadata;
  if (labels[OWNER_LABEL] !== agent) {
    return { reason: 'is no longer labelled as ours', waits: false };
  }
  if (ownerReferences.length > 0) {
    return { reason: 'another object owns it', waits: false };
  }
  return markThatKeeps(metadata);
}
