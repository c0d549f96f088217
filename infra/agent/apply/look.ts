import { isSluiceError } from '../../../shared/errors.ts';
import { statusOf } from '../cluster/api.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { healthOf } from '../health/health.ts';
import { idOf, type Kind, keyOf, type ObjectId, printKind } from '../manifest.ts';
import { inParallel } from '../parallel.ts';
import { OWNER_LABEL } from '../prune/inventory.ts';
import { fieldsDigestOf } from './fingerprint.ts';

/** An object that is to be looked at. */
export interface Wanted {
  readonly id: ObjectId;
  /** Digest of our fields when it was applied; undefined where that is not known. */
  readonly fields: string | undefined;
}

/** What there is of an object. */
export type Sight =
  | { readonly is: 'missing' }
  /** Nothing of ours was touched; `live` where it is not healthy. */
  | { readonly is: 'untouched'; readonly resourceVersion: string | undefined; readonly live?: LiveObject }
  | { readonly is: 'there'; readonly metadata: LiveObject['metadata'] }
  /** The cluster would not say. */
  | { readonly is: 'unseen' };

/** Kinds that are healthy once they are there: of these the metadata is enough. */
const STATELESS: ReadonlySet<string> = new Set([
  'ConfigMap',
  'Secret',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ClusterRole',
  'ClusterRoleBinding',
]);

/** So few objects of a kind are read one by one, rather than all of the kind that others have in the cluster. */
const FEW = 20;
const AT_ONCE = 8;
const FORBIDDEN = 403;

/**
 * Looks at objects by one list for each kind. What lacks our label, or is new to us, is looked for
 * among all objects of its kind.
 *
 * @returns a sight for each key
 * @throws SluiceError `cluster-unreachable`
 */
export async function lookAt(
  cluster: Cluster,
  wanted: readonly Wanted[],
  agent: string,
): Promise<ReadonlyMap<string, Sight>> {
  const sights = new Map<string, Sight>();
  const kinds = Map.groupBy(wanted, ({ id }) => printKind(id));
  await inParallel([...kinds.values()], AT_ONCE, async (ofKind) => {
    try {
      await lookAtKind(cluster, ofKind, agent, sights);
    } catch (error) {
      refusedOnly(error);
      for (const { id } of ofKind) {
        sights.set(keyOf(id), { is: 'unseen' });
      }
    }
  });
  return sights;
}

async function lookAtKind(
  cluster: Cluster,
  wanted: readonly Wanted[],
  agent: string,
  sights: Map<string, Sight>,
): Promise<void> {
  const waiting = new Map(wanted.map((one) => [keyOf(one.id), one]));
  for (const key of waiting.keys()) {
    sights.set(key, { is: 'missing' });
  }
  const see = (id: ObjectId, live: LiveObject) => {
    const one = waiting.get(keyOf(id));
    if (one !== undefined) {
      const isUntouched = one.fields !== undefined && fieldsDigestOf(live.metadata) === one.fields;
      sights.set(keyOf(id), isUntouched ? untouched(live) : { is: 'there', metadata: live.metadata });
    }
  };
  const list = async (labelSelector?: string) => {
    const ids = [...waiting.values()].map(({ id }) => id);
    const hide = (namespace: string) => {
      for (const id of ids.filter((one) => one.namespace === namespace)) {
        sights.set(keyOf(id), { is: 'unseen' });
      }
    };
    for await (const page of pagesOf(cluster, ids, labelSelector, hide)) {
      for (const live of page) {
        see(idOf(live), live);
      }
    }
    for (const key of waiting.keys()) {
      if (sights.get(key)?.is !== 'missing') {
        waiting.delete(key);
      }
    }
  };
  const unknown = wanted.filter(({ fields }) => fields === undefined).length;
  if (unknown <= FEW && unknown < wanted.length) {
    await list(`${OWNER_LABEL}=${agent}`);
  }
  if (waiting.size > FEW) {
    await list();
  } else {
    await inParallel([...waiting.values()], AT_ONCE, async ({ id }) => {
      try {
        const live = await cluster.read(id);
        if (live !== undefined) {
          see(id, live);
        }
      } catch (error) {
        refusedOnly(error);
        sights.set(keyOf(id), { is: 'unseen' });
      }
    });
  }
}

function untouched(live: LiveObject): Sight {
  const isHealthy = healthOf(live).state === 'healthy';
  const { resourceVersion } = live.metadata;
  return { is: 'untouched', resourceVersion, ...(!isHealthy && { live }) };
}

/** What the cluster would not tell is looked past; an error of any other kind is not. */
function refusedOnly(error: unknown): void {
  if (!isSluiceError(error, 'cluster-refused')) {
    throw error;
  }
}

/** Lists in the one namespace where there is but one, and in each where the whole cluster is not ours to see. */
async function* pagesOf(
  cluster: Cluster,
  ids: readonly ObjectId[],
  labelSelector: string | undefined,
  hide: (namespace: string) => void,
): AsyncGenerator<readonly LiveObject[], void, void> {
  const [first] = ids;
  if (first === undefined) {
    return;
  }
  const kind: Kind = first;
  // Objects of others are looked at for who manages them, and no more.
  const metadataOnly = labelSelector === undefined || STATELESS.has(kind.kind);
  const selection = { metadataOnly, ...(labelSelector !== undefined && { labelSelector }) };
  const namespaces = [...new Set(ids.map(({ namespace }) => namespace))];
  const inEach = async function* () {
    for (const namespace of namespaces) {
      try {
        yield* cluster.pages(kind, { ...selection, namespace });
      } catch (error) {
        refusedOnly(error);
        hide(namespace);
      }
    }
  };
  if (first.namespace !== '' && namespaces.length === 1) {
    yield* inEach();
    return;
  }
  try {
    yield* cluster.pages(kind, selection);
  } catch (error) {
    if (first.namespace === '' || statusOf(error)?.code !== FORBIDDEN) {
      throw error;
    }
    yield* inEach();
  }
}
