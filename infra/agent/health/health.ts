import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { idOf, type ObjectId, printId } from '../manifest.ts';

/** How far an object is: done, on its way, or at an end that is no good. */
export type Health =
  | { readonly state: 'healthy' }
  | { readonly state: 'progressing' | 'failed'; readonly reason: string };

const HEALTHY: Health = { state: 'healthy' };

type Fields = Readonly<Record<string, unknown>>;
type Rule = (spec: Fields, status: Fields) => Health;

/**
 * When an object of a kind is healthy; every other kind is once it is there.
 *
 * @see https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
 */
const RULES: Readonly<Record<string, Rule>> = {
  Deployment: (spec, status) => {
    const wanted = numberOf(spec['replicas'], 1);
    const updated = numberOf(status['updatedReplicas'], 0);
    const total = numberOf(status['replicas'], 0);
    const available = numberOf(status['availableReplicas'], 0);
    const progress = conditionOf(status, 'Progressing');
    if (progress?.['reason'] === 'ProgressDeadlineExceeded') {
      return { state: 'failed', reason: `roll-out made no progress: ${String(progress['message'])}` };
    }
    if (updated < wanted) {
      return progressing(`${updated} of ${wanted} replicas are updated`);
    }
    if (total > updated) {
      return progressing(`${total - updated} old replicas are still there`);
    }
    return available < wanted ? progressing(`${available} of ${wanted} replicas are available`) : HEALTHY;
  },
  StatefulSet: (spec, status) => {
    const wanted = numberOf(spec['replicas'], 1);
    const ready = numberOf(status['readyReplicas'], 0);
    if (ready < wanted) {
      return progressing(`${ready} of ${wanted} replicas are ready`);
    }
    return status['currentRevision'] === status['updateRevision']
      ? HEALTHY
      : progressing('old replicas are still there');
  },
  DaemonSet: (_spec, status) => {
    const wanted = numberOf(status['desiredNumberScheduled'], 0);
    const updated = numberOf(status['updatedNumberScheduled'], 0);
    const available = numberOf(status['numberAvailable'], 0);
    return updated < wanted || available < wanted
      ? progressing(`${Math.min(updated, available)} of ${wanted} nodes have it`)
      : HEALTHY;
  },
  Job: (_spec, status) => {
    const failure = conditionOf(status, 'Failed');
    if (failure?.['status'] === 'True') {
      return { state: 'failed', reason: `job failed: ${String(failure['message'])}` };
    }
    return conditionOf(status, 'Complete')?.['status'] === 'True' ? HEALTHY : progressing('the job is running');
  },
  CustomResourceDefinition: (_spec, status) =>
    conditionOf(status, 'Established')?.['status'] === 'True' ? HEALTHY : progressing('it is not established yet'),
  PersistentVolumeClaim: (_spec, status) =>
    status['phase'] === 'Bound'
      ? HEALTHY
      : progressing(`it is ${typeof status['phase'] === 'string' ? status['phase'] : 'new'}`),
};

/** How far this object is by its own status. */
export function healthOf(object: LiveObject): Health {
  const rule = RULES[object.kind];
  if (rule === undefined) {
    return HEALTHY;
  }
  const status = fieldsOf(object['status']);
  if (object.metadata.generation !== undefined && status['observedGeneration'] !== undefined) {
    if (numberOf(status['observedGeneration'], 0) < object.metadata.generation) {
      return progressing('its controller has not seen it yet');
    }
  } else if (Object.keys(status).length === 0) {
    return progressing('its controller has not seen it yet');
  }
  return rule(fieldsOf(object['spec']), status);
}

/** Why an object is not healthy. */
export interface Problem {
  readonly id: ObjectId;
  readonly reason: string;
}

const LOOK_MILLIS = 200;

/**
 * Waits until all of these are healthy, one of them has failed, or the time is over.
 *
 * @param told is called with what is waited for, whenever that changes
 * @returns the ones that are not healthy
 */
export async function waitForHealth(
  cluster: Cluster,
  objects: readonly LiveObject[],
  timeoutMillis: number,
  signal: AbortSignal,
  told: (waiting: readonly Problem[]) => void,
): Promise<readonly Problem[]> {
  const until = performance.now() + timeoutMillis;
  let waiting = problemsOf(objects);
  while (waiting.length > 0) {
    told(waiting.map(({ id, reason }) => ({ id, reason })));
    if (waiting.some(({ state }) => state === 'failed') || performance.now() >= until || signal.aborted) {
      return waiting.map(({ id, reason }) => ({ id, reason }));
    }
    await sleep(LOOK_MILLIS, undefined, { signal }).catch(() => {});
    const live = await Promise.all(waiting.map(async ({ id }) => (await cluster.read(id)) ?? id));
    waiting = problemsOf(live);
  }
  return [];
}

interface Waiting extends Problem {
  readonly state: 'progressing' | 'failed';
}

function problemsOf(objects: readonly (LiveObject | ObjectId)[]): readonly Waiting[] {
  return objects.flatMap((object): readonly Waiting[] => {
    if (!('metadata' in object)) {
      return [{ id: object, state: 'failed', reason: 'it was deleted meanwhile' }];
    }
    const health = healthOf(object);
    return health.state === 'healthy' ? [] : [{ id: idOf(object), ...health }];
  });
}

/** `deployment/default/hello: 1 of 2 replicas are available` */
export function printProblem({ id, reason }: Problem): string {
  return `${printId(id)}: ${reason}`;
}

function progressing(reason: string): Health {
  return { state: 'progressing', reason };
}

function conditionOf(status: Fields, type: string): Fields | undefined {
  const conditions = Array.isArray(status['conditions']) ? status['conditions'].map(fieldsOf) : [];
  return conditions.find((condition) => condition['type'] === type);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function numberOf(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}
