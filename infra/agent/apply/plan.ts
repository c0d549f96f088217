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

/** A kind that is established is discovered a moment later. */
const DISCOVERY_TIMEOUT_MILLIS = 5000;
const LOOK_MILLIS = 100;

/** What there is to do, with what the cluster has already. */
export class Plan {
  readonly #ports: PlanPorts;
  readonly #entries: Map<string, InventoryEntry>;
  readonly #tasks = new Map<RenderedObject, ApplyTask>();
  readonly #faults = new Map<RenderedObject, ObjectResult>();
  readonly #states = new Map<string, ObservedState>();
  /** Objects of kinds that the cluster does not know. */
  readonly #unknown = new Set<RenderedObject>();
  /** Kinds that the revision defines. */
  readonly #defined: ReadonlySet<string>;

  /**
   * @param all objects of the revision
   * @param entries what the inventory has, by key; kept up to date
   */
  constructor(all: readonly RenderedObject[], entries: Map<string, InventoryEntry>, ports: PlanPorts) {
    const definitions = all.map(({ manifest }) => manifest).filter(isDefinition);
    this.#defined = new Set(definitions.flatMap((manifest) => definedBy(manifest).map(printKind)));
    this.#entries = entries;
    this.#ports = ports;
  }

  /** What the cluster has of each object, by key. */
  get states(): ReadonlyMap<string, ObservedState> {
    return this.#states;
  }

  /** Looks at objects, and puts them into the inventory. */
  async add(objects: readonly RenderedObject[]): Promise<void> {
    const { cluster, agent, sourceLocations } = this.#ports;
    const completed = await resolveNamespaces(cluster, objects, sourceLocations);
    const fresh: ApplyTask[] = [];
    for (const [object, manifest] of completed.objects) {
      const task = this.#taskOf(manifest, object.place);
      this.#unknown.delete(object);
      this.#tasks.set(object, task);
      fresh.push(task);
    }
    for (const [object, result] of completed.failed) {
      this.#unknown.delete(object);
      this.#faults.set(object, result);
    }
    for (const object of completed.unknown) {
      this.#unknown.add(object);
    }
    await this.#record(fresh);
    // A hook is looked at when it is its turn.
    const standing = fresh.filter(({ isHookRun }) => !isHookRun);
    const wanted = standing.map(({ manifest, before }) => ({ id: idOf(manifest), fields: before?.fields }));
    for (const [key, state] of await observeObjects(cluster, wanted, agent)) {
      this.#states.set(key, state);
    }
  }

  /** The same for those whose kind was not known before. */
  async addLate(objects: readonly RenderedObject[]): Promise<void> {
    const { signal } = this.#ports;
    const until = performance.now() + DISCOVERY_TIMEOUT_MILLIS;
    for (;;) {
      const late = objects.filter((object) => this.#unknown.has(object));
      if (late.length === 0) {
        return;
      }
      await this.add(late);
      const isSoon = late.some((one) => this.#unknown.has(one) && this.#defined.has(printKind(one.manifest)));
      if (!isSoon || performance.now() >= until || signal.aborted) {
        return;
      }
      await sleep(LOOK_MILLIS, undefined, { signal }).catch(() => {});
    }
  }

  /** Returns what to apply of these, and those that cannot be. */
  of(objects: readonly RenderedObject[]): {
    readonly tasks: readonly ApplyTask[];
    readonly faults: readonly ObjectResult[];
  } {
    return {
      tasks: objects.flatMap((object) => this.#tasks.get(object) ?? []),
      faults: objects.flatMap((object) => this.#faultOf(object) ?? []),
    };
  }

  /** Notes that what was in a container is gone, which was made anew. */
  lose(container: Manifest): void {
    const because = `${printId(idOf(container))} was made anew`;
    const ids = [...this.#tasks.values()].map(({ manifest }) => idOf(manifest));
    for (const id of ids.filter((one) => isIn(container, one))) {
      this.#states.set(keyOf(id), { is: 'missing', because });
    }
  }

  #taskOf(manifest: Manifest, place: string): ApplyTask {
    const { agent, prune } = this.#ports;
    const before = this.#entries.get(keyOf(idOf(manifest)))?.applied;
    const owning = desiredState(withoutAggregatedRules(manifest), agent);
    const isHookRun = isOnceARevision(manifest);
    return { manifest: owning, digest: manifestDigest(owning), place, before, allow: prune.allow, isHookRun };
  }

  #faultOf(object: RenderedObject): ObjectResult | undefined {
    const { manifest, place } = object;
    return this.#unknown.has(object)
      ? { id: idOf(manifest), action: 'failed', reason: `${printUnknown(manifest)} (${place})` }
      : this.#faults.get(object);
  }

  /** Writes the inventory where it is to know more than it does, before anything is applied. */
  async #record(fresh: readonly ApplyTask[]): Promise<void> {
    const { inventory, commit, revision } = this.#ports;
    const entries = this.#entries;
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
  }
}
