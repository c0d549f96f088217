import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { completionOf, isAtWork, runsToAnEnd } from '../health/completion.ts';
import type { Problem } from '../health/problem.ts';
import type { InventoryEntry } from '../inventory/entry.ts';
import { annotationsOf, groupKindOf, idOf, keyOf, type Manifest, type ObjectId } from '../manifest.ts';
import type { ApplyTask, ObjectResult } from './apply-object.ts';
import { applyPolicy, reasonToLeave } from './apply-policy.ts';
import { type HookRecord, type HookState, recordOf, toFingerprint } from './hook-record.ts';
import { type DeletePolicy, deletePoliciesOf, type Phase } from './hooks.ts';
import { recreate } from './recreate.ts';

/** Stands on a hook with the revision and the phase that it was made for. */
const RUN = 'sluice.dev/hook-run';

/**
 * So long a Job of a hook stays at least when it has ended, in seconds: cleaned up before it was seen to complete, it
 * would have to run again.
 */
const SHORTEST_STAY = 600;

export interface HookPorts {
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
  /** What the inventory has, by key; kept up to date. */
  readonly entries: Map<string, InventoryEntry>;
  /** Writes that to the inventory. */
  readonly save: () => Promise<void>;
  /** Waits until objects are no longer in the midst of their work, or the time is over. */
  readonly waitForRest: (objects: readonly LiveObject[]) => Promise<unknown>;
}

/**
 * The hooks of a revision: each is made anew once for it, and what came of it is noted in the inventory before anything
 * follows. So a kill at any point neither runs one twice that has completed nor passes one over.
 */
export class HookRuns {
  readonly #revision: string;
  readonly #ports: HookPorts;

  /** @param revision what the revision asks for, as a digest */
  constructor(revision: string, ports: HookPorts) {
    this.#revision = revision;
    this.#ports = ports;
  }

  /** Starts a hook, unless it was started or has ended in this phase already; `live` where it has not completed. */
  async start({ manifest, place }: ApplyTask, phase: Phase): Promise<ObjectResult> {
    const { cluster, signal } = this.#ports;
    const id = idOf(manifest);
    const state = this.#recordOf(id)[phase];
    if (state === 'complete' || state === 'deleted') {
      return { id, action: 'unchanged' };
    }
    const live = await cluster.read(id);
    if (live !== undefined && (this.#isOfRun(live, phase) || applyPolicy(manifest) === 'IfNotPresent')) {
      return { id, action: 'unchanged', live };
    }
    const leave = live && reasonToLeave(live.metadata);
    if (leave !== undefined) {
      return { id, action: 'skipped', reason: leave, isLeft: true };
    }
    if (state === 'failed' && (live !== undefined || deletePoliciesOf(manifest).has('HookFailed'))) {
      return { id, action: 'failed', reason: `it failed in this revision, and is run again by the next (${place})` };
    }
    if (live !== undefined && (await this.#isStillAtWork(live))) {
      if (signal.aborted) {
        // The wait was ended before its time: nobody knows whether it would have ended.
        return { id, action: 'unchanged', live };
      }
      const reason = `its run of an earlier revision is still at work: it waits for that to end, or to be deleted (${place})`;
      return { id, action: 'failed', reason };
    }
    return this.#make(manifest, phase, live !== undefined);
  }

  /** Notes what came of hooks that were waited for, and deletes the failed ones that ask for it. */
  async note(tasks: readonly ApplyTask[], phase: Phase, problems: readonly Problem[]): Promise<void> {
    const left = new Set(problems.map(({ id }) => keyOf(id)));
    const failed: ApplyTask[] = [];
    for (const task of tasks) {
      const id = idOf(task.manifest);
      if (!left.has(keyOf(id))) {
        this.#set(id, phase, this.#recordOf(id)[phase] ?? 'complete');
      } else if (await this.#hasFailed(id, phase)) {
        this.#set(id, phase, 'failed');
        failed.push(task);
      }
    }
    await this.#ports.save();
    await this.#deleteWhere('HookFailed', failed, phase);
  }

  /** Deletes the hooks of a phase that has succeeded, as far as they ask for it. */
  async cleanUp(tasks: readonly ApplyTask[], phase: Phase): Promise<void> {
    const complete = tasks.filter(({ manifest }) => this.#recordOf(idOf(manifest))[phase] === 'complete');
    for (const { manifest } of await this.#deleteWhere('HookSucceeded', complete, phase)) {
      this.#set(idOf(manifest), phase, 'deleted');
    }
  }

  async #make(manifest: Manifest, phase: Phase, isThere: boolean): Promise<ObjectResult> {
    const { cluster, signal } = this.#ports;
    const marked = this.#marked(manifest, phase);
    const id = idOf(manifest);
    if (!isThere || !runsToAnEnd(manifest)) {
      return { id, action: isThere ? 'configured' : 'created', live: await cluster.apply(marked) };
    }
    const live = await recreate(cluster, marked, signal);
    return { id, action: 'configured', reason: 'made anew, because a hook runs once for each revision', live };
  }

  #marked(manifest: Manifest, phase: Phase): Manifest {
    const { metadata } = manifest;
    const annotations = { ...metadata.annotations, [RUN]: this.#runOf(phase) };
    const spec = manifest['spec'];
    const isShort = groupKindOf(manifest) === 'batch/Job' && staysOf(spec) < SHORTEST_STAY;
    return {
      ...manifest,
      metadata: { ...metadata, annotations },
      ...(isShort && { spec: { ...(spec as object), ttlSecondsAfterFinished: SHORTEST_STAY } }),
    };
  }

  async #isStillAtWork(live: LiveObject): Promise<boolean> {
    if (!isAtWork(live)) {
      return false;
    }
    await this.#ports.waitForRest([live]);
    const now = await this.#ports.cluster.read(idOf(live));
    return now !== undefined && now.metadata.uid === live.metadata.uid && isAtWork(now);
  }

  async #hasFailed(id: ObjectId, phase: Phase): Promise<boolean> {
    const live = await this.#ports.cluster.read(id);
    return live !== undefined && this.#isOfRun(live, phase) && completionOf(live).state === 'failed';
  }

  /** Gives those that ask for it; what was made anew meanwhile stays. */
  async #deleteWhere(policy: DeletePolicy, tasks: readonly ApplyTask[], phase: Phase): Promise<readonly ApplyTask[]> {
    const { cluster } = this.#ports;
    const asking = tasks.filter(({ manifest }) => deletePoliciesOf(manifest).has(policy));
    for (const { manifest } of asking.toReversed()) {
      const id = idOf(manifest);
      const live = await cluster.read(id, { metadataOnly: true });
      if (live !== undefined && this.#isOfRun(live, phase)) {
        await cluster.remove(id, { uid: live.metadata.uid });
      }
    }
    return asking;
  }

  #recordOf(id: ObjectId): HookRecord {
    return recordOf(this.#ports.entries.get(keyOf(id))?.applied, this.#revision);
  }

  #set(id: ObjectId, phase: Phase, state: HookState): void {
    const record = { ...this.#recordOf(id), [phase]: state };
    const { entries } = this.#ports;
    entries.set(keyOf(id), { ...entries.get(keyOf(id)), id, applied: toFingerprint(record, this.#revision) });
  }

  #isOfRun(live: LiveObject, phase: Phase): boolean {
    return annotationsOf(live)[RUN] === this.#runOf(phase);
  }

  #runOf(phase: Phase): string {
    return `${this.#revision}.${phase}`;
  }
}

function staysOf(spec: unknown): number {
  const { ttlSecondsAfterFinished = Number.POSITIVE_INFINITY } = (spec ?? {}) as { ttlSecondsAfterFinished?: unknown };
  return typeof ttlSecondsAfterFinished === 'number' ? ttlSecondsAfterFinished : Number.POSITIVE_INFINITY;
}
