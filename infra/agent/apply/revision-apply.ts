import type { LiveObject } from '../cluster/cluster.ts';
import type { Problem } from '../health/problem.ts';
import type { InventoryEntry } from '../inventory/entry.ts';
import { idOf, isDefinition, keyOf, type ObjectId } from '../manifest.ts';
import { intoStages, type OfKind } from '../order/stages.ts';
import { objectsOf, type Wave } from '../order/waves.ts';
import { containerOf } from '../prune/deletion-guard.ts';
import type { RenderedObject } from '../render/rendered-object.ts';
import { type ApplyTask, applyAtOnce, applyObject, type ObjectResult } from './apply-object.ts';
import { revisionDigest } from './hook-record.ts';
import { HookRuns } from './hook-runs.ts';
import { isOnceARevision, type Phase } from './hooks.ts';
import { Plan, type PlanPorts } from './plan.ts';
import { resolveNamespaces } from './resolve-namespace.ts';

/** What is waited for: definitions to be established, objects to be healthy and at their end, a run to end by itself. */
export type WaitedFor = 'definitions' | 'completion' | 'rest';

export interface ApplyPorts extends Omit<PlanPorts, 'revision'> {
  /** Waits for objects; gives those for which it was in vain. */
  readonly waitFor: (objects: readonly LiveObject[], what: WaitedFor) => Promise<readonly Problem[]>;
}

/** Applies the waves of one revision, and keeps what came of it. */
export class RevisionApply {
  readonly results: ObjectResult[] = [];
  readonly problems: Problem[] = [];
  /** What nothing waited for. */
  readonly unhealthy: LiveObject[] = [];
  readonly #ports: ApplyPorts;
  readonly #entries: Map<string, InventoryEntry>;
  readonly #plan: Plan;
  readonly #hooks: HookRuns;
  readonly #planned = new Set<RenderedObject>();

  /** @param entries what the inventory has, by key; kept up to date */
  constructor(objects: readonly RenderedObject[], entries: Map<string, InventoryEntry>, ports: ApplyPorts) {
    const { cluster, signal, inventory, commit, waitFor } = ports;
    const manifests = objects.map(({ manifest }) => manifest);
    const revision = manifests.some(isOnceARevision) ? revisionDigest(manifests) : '';
    this.#ports = ports;
    this.#entries = entries;
    this.#plan = new Plan(objects, entries, { ...ports, revision });
    this.#hooks = new HookRuns(revision, {
      ...{ cluster, signal, entries },
      save: async () => inventory.write([...entries.values()], commit),
      waitForRest: async (live) => waitFor(live, 'rest'),
    });
  }

  /** Has an object been refused, or a hook or a wave failed? A wait that was ended before its time tells of neither. */
  get hasFailed(): boolean {
    const isKnown = !this.#ports.signal.aborted;
    return this.results.some(({ action }) => action === 'failed') || (isKnown && this.problems.length > 0);
  }

  /** Applies waves until one fails that others wait for; says whether that held them up. */
  async apply(waves: readonly Wave<RenderedObject>[]): Promise<boolean> {
    const fresh = objectsOf(waves).filter((object) => !this.#planned.has(object));
    await this.#plan.add(fresh);
    for (const object of fresh) {
      this.#planned.add(object);
    }
    for (const [index, wave] of waves.entries()) {
      const rest = waves.slice(index + 1);
      const isGood = await this.#applyWave(wave, rest.length === 0);
      if (!isGood && rest.length > 0) {
        this.#holdRest(rest, waves.slice(0, index + 1), wave.name);
        return true;
      }
      if (isGood && rest[0]?.phase !== wave.phase) {
        const ofPhase = objectsOf(waves.filter(({ phase }) => phase === wave.phase));
        await this.#hooks.cleanUp(this.#plan.of(ofPhase).tasks.filter(isHookRun), wave.phase);
      }
    }
    return false;
  }

  /** Notes objects that are not applied before something else is. */
  async hold(objects: readonly RenderedObject[], reason: string): Promise<void> {
    const ids = await this.#name(objects);
    this.results.push(...ids.map((id): ObjectResult => ({ id, action: 'skipped', reason })));
  }

  /** Notes objects that need not be applied; those that were once stay ours. */
  async leaveOut(objects: readonly RenderedObject[], reason: string): Promise<void> {
    const actionOf = (id: ObjectId) => (this.#entries.has(keyOf(id)) ? 'unchanged' : 'skipped');
    const ids = await this.#name(objects);
    this.results.push(...ids.map((id): ObjectResult => ({ id, action: actionOf(id), reason })));
  }

  /** Notes objects that cannot be applied. */
  refuse(objects: readonly { readonly object: RenderedObject; readonly reason: string }[]): void {
    for (const { object, reason } of objects) {
      const { manifest, place } = object;
      this.results.push({ id: idOf(manifest), action: 'failed', reason: `${reason} (${place})` });
    }
  }

  async #applyWave({ phase, objects }: Wave<RenderedObject>, isLast: boolean): Promise<boolean> {
    const results: ObjectResult[] = [];
    for (const stage of intoStages(objects, ({ manifest }) => manifest)) {
      results.push(...(await this.#applyStage(stage, phase)));
    }
    this.results.push(...results);
    for (const { id, applied } of results) {
      if (applied !== undefined) {
        this.#entries.set(keyOf(id), { ...this.#entries.get(keyOf(id)), id, applied });
      }
    }
    const hooks = this.#plan.of(objects).tasks.filter(isHookRun);
    const problems = await this.#waitFor(results, hooks, phase, isLast);
    return problems.length === 0 && results.every(({ action }) => action !== 'failed');
  }

  /** Waits for hooks to complete, and for other objects where more is to follow. */
  async #waitFor(
    results: readonly ObjectResult[],
    hooks: readonly ApplyTask[],
    phase: Phase,
    isLast: boolean,
  ): Promise<readonly Problem[]> {
    const pending = new Map(
      results.flatMap(({ id, live }) => (live === undefined ? [] : [[keyOf(id), live] as const])),
    );
    const started = hooks.filter(({ manifest }) => pending.has(keyOf(idOf(manifest))));
    const ofHooks = started.flatMap(({ manifest }) => pending.get(keyOf(idOf(manifest))) ?? []);
    const others = [...pending.values()].filter((live) => !ofHooks.includes(live));
    const awaited = isLast ? ofHooks : [...pending.values()];
    const problems = awaited.length === 0 ? [] : await this.#ports.waitFor(awaited, 'completion');
    if (started.length > 0) {
      await this.#hooks.note(started, phase, problems);
    }
    this.problems.push(...problems);
    this.unhealthy.push(...(isLast ? others : []));
    return problems;
  }

  /** Kind after kind; what a definition defines is known to the cluster when it is established. */
  async #applyStage(stage: readonly OfKind<RenderedObject>[], phase: Phase): Promise<readonly ObjectResult[]> {
    const { cluster, signal, waitFor } = this.#ports;
    const results: ObjectResult[] = [];
    await this.#plan.addLate(stage.flat());
    for (const ofKind of stage) {
      const { tasks, faults } = this.#plan.of(ofKind);
      const applied = await applyAtOnce(tasks, async (task) =>
        task.isHookRun ? this.#hooks.start(task, phase) : applyObject(cluster, task, this.#plan.states, signal),
      );
      results.push(...applied, ...faults);
      this.#loseWhatWentWith(tasks, applied);
    }
    await waitFor(
      results.flatMap(({ live }) => (live !== undefined && isToCome(live) ? [live] : [])),
      'definitions',
    );
    return results;
  }

  #loseWhatWentWith(tasks: readonly ApplyTask[], results: readonly ObjectResult[]): void {
    const remade = new Set(results.flatMap(({ id, isRemade }) => (isRemade === true ? [keyOf(id)] : [])));
    for (const { manifest } of tasks) {
      if (remade.has(keyOf(idOf(manifest))) && containerOf(manifest) !== undefined) {
        this.#plan.lose(manifest);
      }
    }
  }

  /** What of these waves was not in an earlier one waits. */
  #holdRest(rest: readonly Wave<RenderedObject>[], applied: readonly Wave<RenderedObject>[], failed: string): void {
    const done = new Set(objectsOf(applied));
    const { tasks } = this.#plan.of(objectsOf(rest).filter((object) => !done.has(object)));
    const reason = `it waits for ${failed}, which is not healthy`;
    this.results.push(
      ...tasks.map(({ manifest }): ObjectResult => ({ id: idOf(manifest), action: 'skipped', reason })),
    );
  }

  /** The names of objects that were not looked at, as the cluster has them. */
  async #name(objects: readonly RenderedObject[]): Promise<readonly ObjectId[]> {
    const fresh = objects.filter((object) => !this.#planned.has(object));
    const {
      objects: complete,
      failed,
      unknown,
    } = await resolveNamespaces(this.#ports.cluster, fresh, this.#ports.sourceLocations);
    this.results.push(...failed.values());
    return [...complete.values(), ...unknown.map(({ manifest }) => manifest)].map(idOf);
  }
}

/** A definition that will be established; one that is being deleted never is. */
function isToCome(live: LiveObject): boolean {
  return isDefinition(live) && live.metadata.deletionTimestamp === undefined;
}

function isHookRun(task: ApplyTask): boolean {
  return task.isHookRun;
}
