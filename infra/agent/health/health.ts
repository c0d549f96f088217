import type { LiveObject } from '../cluster/cluster.ts';
import { groupKindOf } from '../manifest.ts';
import { ARGO } from './argo.ts';
import { BATCH } from './batch.ts';
import { CLUSTER_RESOURCES } from './cluster-resources.ts';
import { PODS } from './pods.ts';
import { failed, HEALTHY, type Health, observe, progressing, type Rules } from './rule.ts';
import { conditionOf, type Fields } from './status-fields.ts';
import { WORKLOADS } from './workloads.ts';

const RULES: Rules = { ...WORKLOADS, ...BATCH, ...PODS, ...CLUSTER_RESOURCES, ...ARGO };

/**
 * How far an object is by its own status: deletion, generation and the standard conditions first, then the rule of its
 * kind. Where there is none, the condition Ready; and what has none of these is healthy once it is there.
 *
 * @see https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
 */
export function healthOf(object: LiveObject, nowMillis = Date.now()): Health {
  if (object.metadata.deletionTimestamp !== undefined) {
    return progressing('it is being deleted');
  }
  const observed = observe(object, nowMillis);
  const rule = RULES[groupKindOf(object)];
  if (isUnseen(object, observed.status, rule?.tellsGeneration === true)) {
    return progressing('its controller has not seen it yet');
  }
  return byConditions(observed.status) ?? rule?.of(observed) ?? byReady(observed.status);
}

function isUnseen({ metadata: { generation } }: LiveObject, status: Fields, mustBeTold: boolean): boolean {
  const observedGeneration = generationOf(status['observedGeneration']);
  return observedGeneration === undefined ? mustBeTold : generation !== undefined && observedGeneration !== generation;
}

/** Argo Rollouts writes it as text. One that is no number cannot be compared, and says nothing. */
function generationOf(value: unknown): number | undefined {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && /^\d{1,15}$/.test(value));
  return isNumber ? Number(value) : undefined;
}

/** These are set only while something is amiss. */
function byConditions(status: Fields): Health | undefined {
  const reconciling = conditionOf(status, 'Reconciling', 'True');
  if (reconciling !== undefined) {
    return progressing(reconciling.message);
  }
  const stalled = conditionOf(status, 'Stalled', 'True');
  return stalled === undefined ? undefined : failed(`it is stalled: ${stalled.message}`);
}

function byReady(status: Fields): Health {
  const ready = conditionOf(status, 'Ready');
  return ready === undefined || ready.status === 'True' ? HEALTHY : progressing(`it is not ready: ${ready.message}`);
}
