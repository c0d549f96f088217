import type { LiveObject } from '../cluster/cluster.ts';
import { groupOf } from '../manifest.ts';
import { BATCH } from './batch.ts';
import { CLUSTER_RESOURCES } from './cluster-resources.ts';
import { PODS } from './pods.ts';
import { failed, HEALTHY, type Health, observe, progressing, type Rules } from './rule.ts';
import { conditionOf, type Fields } from './status-fields.ts';
import { WORKLOADS } from './workloads.ts';

const RULES: Rules = { ...WORKLOADS, ...BATCH, ...PODS, ...CLUSTER_RESOURCES };

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
  const rule = RULES[`${groupOf(object.apiVersion)}/${object.kind}`];
  if (isUnseen(object, observed.status, rule?.tellsGeneration === true)) {
    return progressing('its controller has not seen it yet');
  }
  return byConditions(observed.status) ?? rule?.of(observed) ?? byReady(observed.status);
}

function isUnseen(
  { metadata: { generation } }: LiveObject,
  { observedGeneration }: Fields,
  mustBeTold: boolean,
): boolean {
  return observedGeneration === undefined ? mustBeTold : generation !== undefined && observedGeneration !== generation;
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
