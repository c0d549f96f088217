import type { LiveObject } from '../cluster/cluster.ts';
import type { Problem } from '../health/problem.ts';
import { idOf, keyOf } from '../manifest.ts';
import type { Entry } from '../prune/entry.ts';
import type { RenderedObject } from '../render/rendered.ts';
import { applyStage, type ObjectResult } from './apply.ts';
import { openPlan, type PlanPorts } from './plan.ts';
import { intoStages } from './stages.ts';
import { intoWaves } from './waves.ts';

export interface ApplyPorts extends PlanPorts {
  /** Waits until objects are healthy; gives those that are not. */
  readonly waitFor: (objects: readonly LiveObject[], what: 'definitions' | 'wave') => Promise<readonly Problem[]>;
}

/** What came of the objects of a revision. */
export interface AppliedAll {
  readonly results: readonly ObjectResult[];
  /** What is not healthy yet. */
  readonly unhealthy: readonly LiveObject[];
  /** Why later waves were left out; empty where none was. */
  readonly problems: readonly Problem[];
  readonly isHeld: boolean;
}

/**
 * Applies objects wave after wave, and in each stage after stage. The inventory has an object before it is created,
 * and does not vouch for one that is about to change: so a kill in between leaves nothing that nobody answers for.
 *
 * @param book what the inventory has, by key; kept up to date
 * @throws SluiceError `cluster-unreachable`
 */
export async function applyAll(
  objects: readonly RenderedObject[],
  book: Map<string, Entry>,
  ports: ApplyPorts,
): Promise<AppliedAll> {
  const { waves, invalid, left } = intoWaves(objects, ({ manifest }) => manifest);
  const results: ObjectResult[] = [
    ...invalid.map(([{ manifest, place }, reason]) => failed(idOf(manifest), `${reason} (${place})`)),
    ...left.map(([{ manifest }, reason]) => skipped(idOf(manifest), reason)),
  ];
  const plan = openPlan(objects, book, ports);
  await plan.add(waves.flatMap((wave) => wave.objects));
  let unhealthy: readonly LiveObject[] = [];
  for (const [index, wave] of waves.entries()) {
    const ofWave: ObjectResult[] = [];
    for (const stage of intoStages(wave.objects, ({ manifest }) => idOf(manifest))) {
      await plan.addLate(stage);
      const { tasks, faults } = plan.of(stage);
      const applied = await applyStage(ports.cluster, tasks, plan.sights, ports.signal);
      ofWave.push(...applied, ...faults);
      const definitions = applied.flatMap(({ live }) => (live !== undefined && isToCome(live) ? [live] : []));
      await ports.waitFor(definitions, 'definitions');
    }
    results.push(...ofWave);
    for (const { id, applied } of ofWave) {
      if (applied !== undefined) {
        book.set(keyOf(id), { ...book.get(keyOf(id)), id, applied });
      }
    }
    unhealthy = ofWave.flatMap(({ live }) => (live === undefined ? [] : [live]));
    const rest = waves.slice(index + 1).flatMap((later) => later.objects);
    const problems = rest.length === 0 ? [] : await ports.waitFor(unhealthy, 'wave');
    if (rest.length > 0 && (problems.length > 0 || ofWave.some(({ action }) => action === 'failed'))) {
      const reason = `it waits for ${wave.name}, which is not healthy`;
      results.push(...plan.of(rest).tasks.map(({ manifest }) => skipped(idOf(manifest), reason)));
      return { results, unhealthy: [], problems, isHeld: true };
    }
  }
  return { results, unhealthy, problems: [], isHeld: false };
}

/** A definition that will be established; one that is being deleted never is. */
function isToCome({ kind, metadata: { deletionTimestamp } }: LiveObject): boolean {
  return kind === 'CustomResourceDefinition' && deletionTimestamp === undefined;
}

function failed(id: ObjectResult['id'], reason: string): ObjectResult {
  return { id, action: 'failed', reason };
}

function skipped(id: ObjectResult['id'], reason: string): ObjectResult {
  return { id, action: 'skipped', reason };
}
