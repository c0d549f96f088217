import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster/cluster.ts';
import { printUnknown } from '../cluster/discovery.ts';
import type { InventoryEntry } from '../inventory/entry.ts';
import { manifestDigest } from '../inventory/fingerprint.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { idOf, isDefinition, keyOf, type Manifest, printId, printKind } from '../manifest.ts';
import { definedBy, isIn } from '../prune/deletion-guard.ts';
import type { PruneRules } from '../prune/prune.ts';
import type { RenderedObject } from '../render/rendered-object.ts';
import { withoutAggregatedRules } from './aggregation.ts';
import type { ApplyTask, ObjectResult } from './apply-object.ts';
import { desiredState } from './desired-state.ts';
import { isOnceARevision } from './hooks.ts';
import { type ObservedState, observeObjects } from './observe-object.ts';
import { resolveNamespaces } from './resolve-namespace.ts';

export interface PlanPorts {
  readonly cluster: Cluster;
  readonly inventory: Inventory;
  readonly commit: string;
  /** What the revision asks for, as a digest: hooks run once for each. */
  readonly revision: string;
  /** The agent's name. */
  readonly agent: string;
  /** Where each object stands, by key; what is seen is added. */
  readonly sourceLocations: Map<string, string>;
  readonly signal: AbortSignal;
  readonly prune: Pick<PruneRules, 'allow'>;
}

/** What there is to do, with what the cluster has already. */
export interface Plan {
  /** Looks at objects, and puts them into the inventory. */
  add(objects: readonly RenderedObject[]): Promise<void>;
  /** The same for those whose kind was not known before. */
  addLate(objects: readonly RenderedObject[]): Promise<void>;
  /** What to apply of these, and those that cannot be. */
  of(objects: readonly RenderedObject[]): {
    readonly tasks: readonly ApplyTask[];
    readonly faults: readonly ObjectResult[];
  };
  readonly states: ReadonlyMap<string, ObservedState>;
  /** Notes that what was in a container is gone, which was made anew. */
  lose(container: Manifest): void;
}

/** A kind that is established is discovered a moment later. */
const DISCOVERY_TIMEOUT_MILLIS = 5000;
const LOOK_MILLIS = 100;

/** @param entries what the inventory has, by key; kept up to date */
export function openPlan(all: readonly RenderedObject[], entries: Map<string, InventoryEntry>, ports: PlanPorts): Plan {
  const { cluster, inventory, commit, revision, agent, sourceLocations, signal } = ports;
  const tasks = new Map<RenderedObject, ApplyTask>();
  const faults = new Map<RenderedObject, ObjectResult>();
  const states = new Map<string, ObservedState>();
  const unknown = new Set<RenderedObject>();
  const defined = new Set(
    all.flatMap(({ manifest }) => (isDefinition(manifest) ? definedBy(manifest).map(printKind) : [])),
  );

  const add = async (objects: readonly RenderedObject[]): Promise<void> => {
    const completed = await resolveNamespaces(cluster, objects, sourceLocations);
    const fresh = [...completed.objects].map(([object, manifest]): [RenderedObject, ApplyTask] => {
      const before = entries.get(keyOf(idOf(manifest)))?.applied;
      const owning = desiredState(withoutAggregatedRules(manifest), agent);
      const isHookRun = isOnceARevision(manifest);
      return [
        object,
        {
          manifest: owning,
          digest: manifestDigest(owning),
          place: object.place,
          before,
          allow: ports.prune.allow,
          isHookRun,
        },
      ];
    });
    for (const [object, task] of fresh) {
      unknown.delete(object);
      tasks.set(object, task);
    }
    for (const [object, result] of completed.failed) {
      unknown.delete(object);
      faults.set(object, result);
    }
    for (const object of completed.unknown) {
      unknown.add(object);
    }
    await record(fresh.map(([, task]) => task));
    // A hook is looked at when it is its turn.
    const standing = fresh.filter(([, { isHookRun }]) => !isHookRun);
    const wanted = standing.map(([, { manifest, before }]) => ({ id: idOf(manifest), fields: before?.fields }));
    for (const [key, state] of await observeObjects(cluster, wanted, agent)) {
      states.set(key, state);
    }
  };

  const record = async (fresh: readonly ApplyTask[]): Promise<void> => {
    const changing = fresh.filter(
      ({ digest, before, isHookRun }) => before?.manifest !== (isHookRun ? revision : digest),
    );
    const isNews = changing.some(({ manifest, before }) => before !== undefined || !entries.has(keyOf(idOf(manifest))));
    for (const { manifest } of changing) {
      const id = idOf(manifest);
      const known = entries.get(keyOf(id));
      entries.set(keyOf(id), { id, standing: known === undefined ? 'new' : known.standing });
    }
    if (isNews) {
      await inventory.write([...entries.values()], commit);
    }
  };

  return {
    states,
    add,
    async addLate(objects) {
      const until = performance.now() + DISCOVERY_TIMEOUT_MILLIS;
      for (;;) {
        const late = objects.filter((object) => unknown.has(object));
        if (late.length === 0) {
          return;
        }
        await add(late);
        const isSoon = late.some((object) => unknown.has(object) && defined.has(printKind(object.manifest)));
        if (!isSoon || performance.now() >= until || signal.aborted) {
          return;
        }
        await sleep(LOOK_MILLIS, undefined, { signal }).catch(() => {});
      }
    },
    lose(container) {
      const because = `${printId(idOf(container))} was made anew`;
      for (const id of [...tasks.values()]
        .map(({ manifest }) => idOf(manifest))
        .filter((one) => isIn(container, one))) {
        states.set(keyOf(id), { is: 'missing', because });
      }
    },
    of: (objects) => ({
      tasks: objects.flatMap((object) => tasks.get(object) ?? []),
      faults: objects.flatMap((object) => {
        const { manifest, place } = object;
        return unknown.has(object)
          ? { id: idOf(manifest), action: 'failed', reason: `${printUnknown(manifest)} (${place})` }
          : (faults.get(object) ?? []);
      }),
    }),
  };
}
