import { HEALTHY, type Health, type Observed, progressing, type Rules } from './rule.ts';
import { conditionOf, type Fields, fieldsOf, numberOf } from './status-fields.ts';

/** Kinds that run pods: https://kubernetes.io/docs/concepts/workloads/controllers/ */
export const WORKLOADS: Rules = {
  'apps/Deployment': { tellsGeneration: true, of: deployment },
  'apps/ReplicaSet': { tellsGeneration: true, of: replicaSet },
  'apps/StatefulSet': { tellsGeneration: true, of: statefulSet },
  'apps/DaemonSet': { tellsGeneration: true, of: daemonSet },
};

/** What the API server fills in where a Deployment has no deadline: the condition Progressing is not kept then. */
const NO_DEADLINE = 2_147_483_647;

function deployment({ spec, status }: Observed): Health {
  const progress = conditionOf(status, 'Progressing');
  if (progress?.reason === 'ProgressDeadlineExceeded') {
    return { state: 'failed', reason: `roll-out made no progress: ${progress.message}${refusedPods(status)}` };
  }
  const wanted = numberOf(spec['replicas'], 1);
  const { total, updated, ready, available } = countsOf(status);
  const isRolledOut =
    numberOf(spec['progressDeadlineSeconds'], NO_DEADLINE) === NO_DEADLINE ||
    (progress?.status === 'True' && progress.reason === 'NewReplicaSetAvailable');
  const behind = firstOf([
    [updated < wanted, `${updated} of ${wanted} replicas are updated`],
    [total > updated, `${total - updated} old replicas are still there`],
    [total > wanted, `${total - wanted} replicas too many are still there`],
    [available < wanted, `${available} of ${wanted} replicas are available`],
    [ready < wanted, `${ready} of ${wanted} replicas are ready`],
    [!isRolledOut, 'its new replica set is not available yet'],
    [conditionOf(status, 'Available', 'True') === undefined, 'it is not available yet'],
  ]);
  const paused = spec['paused'] === true ? '; it is paused' : '';
  return behind === undefined ? HEALTHY : progressing(`${behind}${paused}${refusedPods(status)}`);
}

function replicaSet({ spec, status }: Observed): Health {
  const refused = conditionOf(status, 'ReplicaFailure', 'True');
  if (refused !== undefined) {
    return progressing(`pods are refused: ${refused.message}`);
  }
  const wanted = numberOf(spec['replicas'], 1);
  const { total, ready, available } = countsOf(status);
  const labelled = numberOf(status['fullyLabeledReplicas'], 0);
  return progressingOr([
    [labelled < wanted, `${labelled} of ${wanted} replicas are labelled`],
    [available < wanted, `${available} of ${wanted} replicas are available`],
    [ready < wanted, `${ready} of ${wanted} replicas are ready`],
    [total > wanted, `${total - wanted} replicas too many are still there`],
  ]);
}

function statefulSet({ spec, status }: Observed): Health {
  const strategy = fieldsOf(spec['updateStrategy']);
  if (strategy['type'] === 'OnDelete') {
    // Its pods are replaced when somebody deletes them.
    return HEALTHY;
  }
  const wanted = numberOf(spec['replicas'], 1);
  const { total, updated, ready } = countsOf(status);
  const inNumbers = firstOf([
    [total < wanted, `${total} of ${wanted} replicas are there`],
    [ready < wanted, `${ready} of ${wanted} replicas are ready`],
    [total > wanted, `${total - wanted} replicas too many are still there`],
  ]);
  if (inNumbers !== undefined) {
    return progressing(inNumbers);
  }
  // https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#partitions
  const partition = numberOf(fieldsOf(strategy['rollingUpdate'])['partition'], 0);
  if (partition > 0) {
    const above = Math.max(0, wanted - partition);
    return progressingOr([[updated < above, `${updated} of ${above} replicas above the partition are updated`]]);
  }
  return progressingOr([[status['currentRevision'] !== status['updateRevision'], 'old replicas are still there']]);
}

function daemonSet({ spec, status }: Observed): Health {
  const wanted = status['desiredNumberScheduled'];
  if (typeof wanted !== 'number') {
    return progressing('its controller has not counted nodes yet');
  }
  const has = (field: string) => numberOf(status[field], 0);
  const isManual = fieldsOf(spec['updateStrategy'])['type'] === 'OnDelete';
  return progressingOr([
    [has('currentNumberScheduled') < wanted, `${has('currentNumberScheduled')} of ${wanted} nodes have it`],
    [
      !isManual && has('updatedNumberScheduled') < wanted,
      `${has('updatedNumberScheduled')} of ${wanted} nodes have it updated`,
    ],
    [has('numberAvailable') < wanted, `it is available on ${has('numberAvailable')} of ${wanted} nodes`],
    [has('numberReady') < wanted, `it is ready on ${has('numberReady')} of ${wanted} nodes`],
  ]);
}

function countsOf(status: Fields) {
  return {
    total: numberOf(status['replicas'], 0),
    updated: numberOf(status['updatedReplicas'], 0),
    ready: numberOf(status['readyReplicas'], 0),
    available: numberOf(status['availableReplicas'], 0),
  };
}

/** A quota or an admission webhook that lets no pods in is told by this condition alone. */
function refusedPods(status: Fields): string {
  const refused = conditionOf(status, 'ReplicaFailure', 'True');
  return refused === undefined ? '' : `; pods are refused: ${refused.message}`;
}

type Checks = readonly (readonly [isBehind: boolean, reason: string])[];

function firstOf(checks: Checks): string | undefined {
  return checks.find(([isBehind]) => isBehind)?.[1];
}

function progressingOr(checks: Checks): Health {
  const behind = firstOf(checks);
  return behind === undefined ? HEALTHY : progressing(behind);
}
