import { expect, test } from 'vitest';
import { healthOf } from '../../../../infra/agent/health/health.ts';

const NOW = Date.parse('2026-11-23T10:01:00Z');
const API_VERSIONS: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  ReplicaSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  Job: 'batch/v1',
  CronJob: 'batch/v1',
  PodDisruptionBudget: 'policy/v1',
  CustomResourceDefinition: 'apiextensions.k8s.io/v1',
  Widget: 'example.com/v1',
  Rollout: 'argoproj.io/v1alpha1',
  Workflow: 'argoproj.io/v1alpha1',
};
const seen = (status: object) => ({ observedGeneration: 2, ...status });
const condition = (type: string, status: string, more: object = {}) => ({ conditions: [{ type, status, ...more }] });
const available = condition('Available', 'True');
const rolledOut = (status: object) =>
  seen({ replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 2, ...available, ...status });
const waiting = (name: string, reason: string) => ({ name, state: { waiting: { reason } } });
const TWO = { replicas: 2 };
const UNSEEN = 'its controller has not seen it yet';
const YOUNG = '2026-11-23T10:00:50Z';
const OLD = '2026-11-23T09:00:00Z';

interface Row {
  readonly kind: string;
  readonly what: string;
  readonly spec?: object;
  readonly status?: object;
  readonly metadata?: object;
  readonly is: string;
}

const DEPLOYMENTS: readonly Row[] = [
  { kind: 'Deployment', what: 'without a status', spec: TWO, is: UNSEEN },
  {
    kind: 'Deployment',
    what: 'of a generation before',
    spec: TWO,
    status: rolledOut({ observedGeneration: 1 }),
    is: UNSEEN,
  },
  {
    kind: 'Deployment',
    what: 'partly updated',
    spec: TWO,
    status: rolledOut({ updatedReplicas: 1 }),
    is: '1 of 2 replicas are updated',
  },
  {
    kind: 'Deployment',
    what: 'with an old pod',
    spec: TWO,
    status: rolledOut({ replicas: 3 }),
    is: '1 old replicas are still there',
  },
  {
    kind: 'Deployment',
    what: 'scaled down',
    spec: { replicas: 1 },
    status: rolledOut({}),
    is: '1 replicas too many are still there',
  },
  {
    kind: 'Deployment',
    what: 'partly available',
    spec: TWO,
    status: rolledOut({ availableReplicas: 1 }),
    is: '1 of 2 replicas are available',
  },
  {
    kind: 'Deployment',
    what: 'partly ready',
    spec: TWO,
    status: rolledOut({ readyReplicas: 1 }),
    is: '1 of 2 replicas are ready',
  },
  {
    kind: 'Deployment',
    what: 'not available',
    spec: TWO,
    status: rolledOut({ conditions: [] }),
    is: 'it is not available yet',
  },
  {
    kind: 'Deployment',
    what: 'with a deadline, before its replica set is available',
    spec: { ...TWO, progressDeadlineSeconds: 600 },
    status: rolledOut(condition('Progressing', 'True', { reason: 'ReplicaSetUpdated' })),
    is: 'its new replica set is not available yet',
  },
  {
    kind: 'Deployment',
    what: 'paused half way',
    spec: { ...TWO, paused: true },
    status: rolledOut({ updatedReplicas: 0 }),
    is: '0 of 2 replicas are updated; it is paused',
  },
  {
    kind: 'Deployment',
    what: 'whose pods are refused',
    spec: TWO,
    status: seen(condition('ReplicaFailure', 'True', { message: 'exceeded quota' })),
    is: '0 of 2 replicas are updated; pods are refused: exceeded quota',
  },
  {
    kind: 'Deployment',
    what: 'past its deadline',
    status: seen(condition('Progressing', 'False', { reason: 'ProgressDeadlineExceeded', message: 'timed out' })),
    is: 'failed: roll-out made no progress: timed out',
  },
  { kind: 'Deployment', what: 'rolled out', spec: TWO, status: rolledOut({}), is: 'healthy' },
  { kind: 'Deployment', what: 'of no replicas', spec: { replicas: 0 }, status: seen(available), is: 'healthy' },
];

const CONTROLLERS: readonly Row[] = [
  { kind: 'ReplicaSet', what: 'unseen', is: UNSEEN },
  {
    kind: 'ReplicaSet',
    what: 'refused',
    status: seen(condition('ReplicaFailure', 'True', { message: 'quota' })),
    is: 'pods are refused: quota',
  },
  { kind: 'ReplicaSet', what: 'partly labelled', status: seen({}), is: '0 of 1 replicas are labelled' },
  {
    kind: 'ReplicaSet',
    what: 'partly available',
    status: seen({ fullyLabeledReplicas: 1 }),
    is: '0 of 1 replicas are available',
  },
  {
    kind: 'ReplicaSet',
    what: 'complete',
    status: seen({ fullyLabeledReplicas: 1, availableReplicas: 1, readyReplicas: 1, replicas: 1 }),
    is: 'healthy',
  },
  {
    kind: 'StatefulSet',
    what: 'partly there',
    spec: TWO,
    status: seen({ replicas: 1 }),
    is: '1 of 2 replicas are there',
  },
  {
    kind: 'StatefulSet',
    what: 'partly ready',
    spec: TWO,
    status: seen({ replicas: 2, readyReplicas: 1 }),
    is: '1 of 2 replicas are ready',
  },
  {
    kind: 'StatefulSet',
    what: 'of two revisions',
    status: seen({ replicas: 1, readyReplicas: 1, currentRevision: 'a', updateRevision: 'b' }),
    is: 'old replicas are still there',
  },
  {
    kind: 'StatefulSet',
    what: 'above its partition',
    spec: { replicas: 3, updateStrategy: { rollingUpdate: { partition: 1 } } },
    status: seen({ replicas: 3, readyReplicas: 3, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' }),
    is: '1 of 2 replicas above the partition are updated',
  },
  {
    kind: 'StatefulSet',
    what: 'updated down to its partition',
    spec: { replicas: 3, updateStrategy: { rollingUpdate: { partition: 1 } } },
    status: seen({ replicas: 3, readyReplicas: 3, updatedReplicas: 2, currentRevision: 'a', updateRevision: 'b' }),
    is: 'healthy',
  },
  {
    kind: 'StatefulSet',
    what: 'updated by hand',
    spec: { updateStrategy: { type: 'OnDelete' } },
    status: seen({}),
    is: 'healthy',
  },
  {
    kind: 'StatefulSet',
    what: 'of one revision',
    status: seen({ replicas: 1, readyReplicas: 1, currentRevision: 'b', updateRevision: 'b' }),
    is: 'healthy',
  },
  { kind: 'DaemonSet', what: 'not counted', status: seen({}), is: 'its controller has not counted nodes yet' },
  {
    kind: 'DaemonSet',
    what: 'not everywhere',
    status: seen({ desiredNumberScheduled: 3, currentNumberScheduled: 1 }),
    is: '1 of 3 nodes have it',
  },
  {
    kind: 'DaemonSet',
    what: 'partly updated',
    status: seen({
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      updatedNumberScheduled: 2,
      numberAvailable: 3,
      numberReady: 3,
    }),
    is: '2 of 3 nodes have it updated',
  },
  {
    kind: 'DaemonSet',
    what: 'updated by hand',
    spec: { updateStrategy: { type: 'OnDelete' } },
    status: seen({ desiredNumberScheduled: 3, currentNumberScheduled: 3, numberAvailable: 3, numberReady: 3 }),
    is: 'healthy',
  },
  { kind: 'DaemonSet', what: 'of no nodes', status: seen({ desiredNumberScheduled: 0 }), is: 'healthy' },
];

const ENDING: readonly Row[] = [
  { kind: 'Job', what: 'not started', status: {}, is: 'the job has not started' },
  { kind: 'Job', what: 'running', status: { active: 1, startTime: OLD }, is: 'healthy' },
  { kind: 'Job', what: 'suspended', spec: { suspend: true }, status: condition('Suspended', 'True'), is: 'healthy' },
  { kind: 'Job', what: 'complete', status: condition('Complete', 'True'), is: 'healthy' },
  {
    kind: 'Job',
    what: 'failed',
    status: { failed: 2, startTime: OLD, ...condition('Failed', 'True', { message: 'too often' }) },
    is: 'failed: job failed after 2 failed pods: too often',
  },
  { kind: 'CronJob', what: 'new', is: 'healthy' },
  { kind: 'Pod', what: 'new', is: 'it is of no phase yet' },
  { kind: 'Pod', what: 'pending', status: { phase: 'Pending' }, is: 'it is Pending' },
  {
    kind: 'Pod',
    what: 'young and without a node',
    metadata: { creationTimestamp: YOUNG },
    status: {
      phase: 'Pending',
      ...condition('PodScheduled', 'False', { reason: 'Unschedulable', message: 'no nodes' }),
    },
    is: 'it is Pending',
  },
  {
    kind: 'Pod',
    what: 'without a node for long',
    metadata: { creationTimestamp: OLD },
    status: {
      phase: 'Pending',
      ...condition('PodScheduled', 'False', { reason: 'Unschedulable', message: 'no nodes' }),
    },
    is: 'failed: it cannot be scheduled: no nodes',
  },
  { kind: 'Pod', what: 'running', status: { phase: 'Running' }, is: 'it runs, but is not ready' },
  {
    kind: 'Pod',
    what: 'crashing',
    status: {
      phase: 'Running',
      containerStatuses: [waiting('web', 'CrashLoopBackOff'), waiting('side', 'ContainerCreating')],
    },
    is: 'failed: it crashes again and again: web',
  },
  { kind: 'Pod', what: 'ready', status: { phase: 'Running', ...condition('Ready', 'True') }, is: 'healthy' },
  {
    kind: 'Pod',
    what: 'failed',
    status: { phase: 'Failed', reason: 'Evicted' },
    is: 'failed: the pod failed: Evicted',
  },
  { kind: 'Pod', what: 'ended', status: { phase: 'Succeeded' }, is: 'healthy' },
];

const OTHERS: readonly Row[] = [
  { kind: 'ConfigMap', what: 'that is there', is: 'healthy' },
  { kind: 'PersistentVolumeClaim', what: 'pending', status: { phase: 'Pending' }, is: 'it is Pending, not Bound' },
  { kind: 'PersistentVolumeClaim', what: 'bound', status: { phase: 'Bound' }, is: 'healthy' },
  { kind: 'Service', what: 'of the cluster', spec: { type: 'ClusterIP' }, status: { loadBalancer: {} }, is: 'healthy' },
  {
    kind: 'Service',
    what: 'without an address',
    spec: { type: 'LoadBalancer' },
    status: { loadBalancer: {} },
    is: 'it has no address in the cluster yet',
  },
  {
    kind: 'Service',
    what: 'with an address',
    spec: { type: 'LoadBalancer', clusterIP: '10.0.0.1' },
    status: { loadBalancer: {} },
    is: 'healthy',
  },
  { kind: 'PodDisruptionBudget', what: 'unseen', is: UNSEEN },
  { kind: 'PodDisruptionBudget', what: 'computed', status: seen({}), is: 'healthy' },
  {
    kind: 'PodDisruptionBudget',
    what: 'not computed',
    status: seen(condition('DisruptionAllowed', 'False', { reason: 'SyncFailed', message: 'no scale' })),
    is: 'it cannot be computed: no scale',
  },
  { kind: 'CustomResourceDefinition', what: 'new', status: {}, is: 'it is not established yet' },
  {
    kind: 'CustomResourceDefinition',
    what: 'installing',
    status: condition('Established', 'False', { reason: 'Installing' }),
    is: 'it is not established yet',
  },
  { kind: 'CustomResourceDefinition', what: 'established', status: condition('Established', 'True'), is: 'healthy' },
  {
    kind: 'CustomResourceDefinition',
    what: 'with a name that is taken',
    status: condition('NamesAccepted', 'False', { reason: 'PluralConflict', message: 'widgets is taken' }),
    is: 'failed: its names are not accepted: widgets is taken',
  },
  { kind: 'Widget', what: 'without a status', is: 'healthy' },
  { kind: 'Widget', what: 'of a generation before', status: { observedGeneration: 1 }, is: UNSEEN },
  { kind: 'Widget', what: 'that writes its generation as text', status: { observedGeneration: '2' }, is: 'healthy' },
  { kind: 'Widget', what: 'that writes an old one as text', status: { observedGeneration: '1' }, is: UNSEEN },
  { kind: 'Widget', what: 'that writes a hash for one', status: { observedGeneration: '7d9f8c' }, is: 'healthy' },
  { kind: 'Rollout', what: 'unseen', is: UNSEEN },
  {
    kind: 'Rollout',
    what: 'of a generation before',
    status: { observedGeneration: '1', phase: 'Healthy' },
    is: UNSEEN,
  },
  {
    kind: 'Rollout',
    what: 'under way',
    status: { observedGeneration: '2', phase: 'Progressing', message: 'more replicas need to be updated' },
    is: 'the rollout is Progressing: more replicas need to be updated',
  },
  {
    kind: 'Rollout',
    what: 'that is degraded',
    status: { observedGeneration: '2', phase: 'Degraded', message: 'aborted' },
    is: 'failed: the rollout is degraded: aborted',
  },
  { kind: 'Rollout', what: 'paused', status: { observedGeneration: '2', phase: 'Paused' }, is: 'healthy' },
  { kind: 'Rollout', what: 'complete', status: { observedGeneration: '2', phase: 'Healthy' }, is: 'healthy' },
  { kind: 'Workflow', what: 'that runs', status: { phase: 'Running' }, is: 'healthy' },
  {
    kind: 'Workflow',
    what: 'that failed',
    status: { phase: 'Error', message: 'no such template' },
    is: 'failed: the workflow ended as Error: no such template',
  },
  { kind: 'Widget', what: 'ready', status: condition('Ready', 'True'), is: 'healthy' },
  {
    kind: 'Widget',
    what: 'not ready',
    status: condition('Ready', 'False', { message: 'no disk' }),
    is: 'it is not ready: no disk',
  },
  {
    kind: 'Widget',
    what: 'of unknown readiness',
    status: condition('Ready', 'Unknown', { reason: 'Waiting' }),
    is: 'it is not ready: Waiting',
  },
  {
    kind: 'Widget',
    what: 'reconciling',
    status: condition('Reconciling', 'True', { message: 'half way' }),
    is: 'half way',
  },
  {
    kind: 'Widget',
    what: 'stalled',
    status: condition('Stalled', 'True', { message: 'no such bucket' }),
    is: 'failed: it is stalled: no such bucket',
  },
  {
    kind: 'Widget',
    what: 'that goes',
    metadata: { deletionTimestamp: OLD },
    status: condition('Ready', 'True'),
    is: 'it is being deleted',
  },
];

test.each([...DEPLOYMENTS, ...CONTROLLERS, ...ENDING, ...OTHERS])(
  'a $kind $what: $is',
  ({ kind, spec = {}, status, metadata, is }) => {
    const object = {
      apiVersion: API_VERSIONS[kind] ?? 'v1',
      kind,
      metadata: { name: 'a', generation: 2, ...metadata },
      spec,
      ...(status === undefined ? {} : { status }),
    };
    const health = healthOf(object, NOW);
    const said = { healthy: '', progressing: '', failed: 'failed: ' }[health.state];
    expect(health.state === 'healthy' ? 'healthy' : `${said}${health.reason}`).toBe(is);
  },
);

test.each([
  'Service',
  'Deployment',
  'Job',
  'Pod',
  'PersistentVolumeClaim',
  'CustomResourceDefinition',
  'Role',
  'Secret',
  'ConfigMap',
])('a %s of another group goes by its own conditions', (kind) => {
  const object = {
    ...{ apiVersion: 'example.com/v1', kind, metadata: { name: 'a', generation: 1 } },
    spec: { type: 'LoadBalancer' },
    status: condition('Ready', 'False', { message: 'no route' }),
  };
  expect(healthOf(object, NOW)).toEqual({ state: 'progressing', reason: 'it is not ready: no route' });
  expect(healthOf({ ...object, status: condition('Ready', 'True') }, NOW)).toEqual({ state: 'healthy' });
});
