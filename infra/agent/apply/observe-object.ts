import { isSluiceError, type SluiceError } from '../../../shared/errors.ts';
import { statusOf } from '../cluster/client.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { completionOf } from '../health/completion.ts';
import { fieldsDigestOf } from '../inventory/fingerprint.ts';
import { OWNER_LABEL } from '../inventory/inventory.ts';
import { groupKindOf, idOf, type Kind, keyOf, type ObjectId, printKind } from '../manifest.ts';
import { inParallel } from '../parallel.ts';
import { reasonToLeave } from './apply-policy.ts';

/** An object that is to be looked at. */
export interface DesiredObject {
  readonly id: ObjectId;
  /** Digest of our fields when it was applied; undefined where that is not known. */
  readonly fields: string | undefined;
}

/** What there is of an object. */
export type ObservedState =
  /** `because` where it was ended by ourselves. */
  | { readonly is: 'missing'; readonly because?: string }
  /**
   * Nothing of ours was touched; `live` where it is not healthy or has not run to its end, `leave` where a mark says that
   * it is left alone.
   */
  | {
      readonly is: 'untouched';
      readonly resourceVersion: string | undefined;
      readonly live?: LiveObject;
      readonly leave?: string;
    }
  | { readonly is: 'there'; readonly metadata: LiveObject['metadata'] }
  /** The cluster would not say, for this reason. */
  | { readonly is: 'unseen'; readonly reason: string };

/** Kinds that are healthy once they are there: of these the metadata is enough. */
const STATELESS: ReadonlySet<string> = new Set([
  '/ConfigMap',
  '/Secret',
  '/ServiceAccount',
  'rbac.authorization.k8s.io/Role',
  'rbac.authorization.k8s.io/RoleBinding',
  'rbac.authorization.k8s.io/ClusterRole',
  'rbac.authorization.k8s.io/ClusterRoleBinding',
]);

/** So few objects of a kind are read one by one, rather than all of the kind that others have in the cluster. */
const FEW = 20;
const AT_ONCE = 8;
const FORBIDDEN = 403;

/**
 * Looks at objects by one list for each kind. What lacks our label, or is new to us, is looked for
 * among all objects of its kind; what no list would tell is read by itself.
 *
 * @returns a state for each key
 * @throws SluiceError `cluster-unreachable`
 */
export async function observeObjects(
  cluster: Cluster,
  wanted: readonly DesiredObject[],
  agent: string,
): Promise<ReadonlyMap<string, ObservedState>> {
  const states = new Map<string, ObservedState>();
  const kinds = Map.groupBy(wanted, ({ id }) => printKind(id));
  await inParallel([...kinds.values()], AT_ONCE, async (ofKind) =>
    new KindObservation(cluster, ofKind, states).observe(agent),
  );
  return states;
}

/** Looks at the objects of one kind. */
class KindObservation {
  readonly #cluster: Cluster;
  /** What has no state yet, by key. */
  readonly #waiting: Map<string, DesiredObject>;
  readonly #states: Map<string, ObservedState>;

  /** @param states gets a state for each key */
  constructor(cluster: Cluster, wanted: readonly DesiredObject[], states: Map<string, ObservedState>) {
    this.#cluster = cluster;
    this.#waiting = new Map(wanted.map((one) => [keyOf(one.id), one]));
    this.#states = states;
  }

  async observe(agent: string): Promise<void> {
    const isAnyKnown = [...this.#waiting.values()].some(({ fields }) => fields !== undefined);
    const isOursSeen = !isAnyKnown || (await this.#list(`${OWNER_LABEL}=${agent}`)).size === 0;
    // The list of all objects does not tell how ours fare.
    if (this.#waiting.size > FEW && isOursSeen) {
      await this.#listAll();
    }
    await inParallel([...this.#waiting.values()], AT_ONCE, async ({ id }) => this.#read(id));
  }

  /** What stands in no list of all objects is missing. */
  async #listAll(): Promise<void> {
    const hidden = await this.#list();
    for (const [key, { id }] of this.#waiting) {
      if (!hidden.has(id.namespace)) {
        this.#states.set(key, { is: 'missing' });
        this.#waiting.delete(key);
      }
    }
  }

  /** Returns the namespaces of which it does not know all. */
  async #list(labelSelector?: string): Promise<ReadonlySet<string>> {
    const ids = [...this.#waiting.values()].map(({ id }) => id);
    const hidden = new Set<string>();
    for await (const page of pagesOf(this.#cluster, ids, labelSelector, hidden)) {
      for (const live of page) {
        this.#see(idOf(live), live);
      }
    }
    for (const key of this.#waiting.keys()) {
      if (this.#states.has(key)) {
        this.#waiting.delete(key);
      }
    }
    return hidden;
  }

  async #read(id: ObjectId): Promise<void> {
    try {
      const live = await this.#cluster.read(id);
      if (live === undefined) {
        this.#states.set(keyOf(id), { is: 'missing' });
      } else {
        this.#see(id, live);
      }
    } catch (error) {
      refusedOnly(error);
      this.#states.set(keyOf(id), { is: 'unseen', reason: error.found });
    }
  }

  #see(id: ObjectId, live: LiveObject): void {
    const one = this.#waiting.get(keyOf(id));
    if (one !== undefined) {
      const isUntouched = one.fields !== undefined && fieldsDigestOf(live.metadata) === one.fields;
      this.#states.set(keyOf(id), isUntouched ? untouched(live) : { is: 'there', metadata: live.metadata });
    }
  }
}

function untouched(live: LiveObject): ObservedState {
  const isSettled = completionOf(live).state === 'healthy';
  const { resourceVersion } = live.metadata;
  const leave = reasonToLeave(live.metadata);
  return { is: 'untouched', resourceVersion, ...(!isSettled && { live }), ...(leave !== undefined && { leave }) };
}

/** What the cluster would not tell is looked past; an error of any other kind is not. */
function refusedOnly(error: unknown): asserts error is SluiceError {
  if (!isSluiceError(error, 'cluster-refused')) {
    throw error;
  }
}

/**
 * Lists in the one namespace where there is but one, and in each where the whole cluster is not ours to see.
 *
 * @param hidden gets the namespaces that were refused
 */
async function* pagesOf(
  cluster: Cluster,
  ids: readonly ObjectId[],
  labelSelector: string | undefined,
  hidden: Set<string>,
): AsyncGenerator<readonly LiveObject[], void, void> {
  const [first] = ids;
  if (first === undefined) {
    return;
  }
  const kind: Kind = first;
  // Objects of others are looked at for who manages them, and no more.
  const metadataOnly = labelSelector === undefined || STATELESS.has(groupKindOf(kind));
  const selection = { metadataOnly, ...(labelSelector !== undefined && { labelSelector }) };
  const namespaces = [...new Set(ids.map(({ namespace }) => namespace))];
  const inEach = async function* () {
    for (const namespace of namespaces) {
      try {
        yield* cluster.pages(kind, { ...selection, namespace });
      } catch (error) {
        refusedOnly(error);
        hidden.add(namespace);
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
    refusedOnly(error);
    if (first.namespace !== '' && statusOf(error)?.code === FORBIDDEN) {
      yield* inEach();
      return;
    }
    for (const namespace of namespaces) {
      hidden.add(namespace);
    }
  }
}
