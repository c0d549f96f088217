import { expect, test } from 'vitest';
import { healthOf } from '../../../../infra/agent/health/health.ts';

const object = (kind: string, spec: object, status?: object) => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'a', generation: 2 },
  spec,
  ...(status === undefined ? {} : { status }),
});
const seen = (status: object) => ({ observedGeneration: 2, ...status });
const condition = (type: string, status: string, more: object = {}) => ({ conditions: [{ type, status, ...more }] });

test.each([
  { kind: 'ConfigMap', spec: {}, status: undefined, is: 'healthy' },
  { kind: 'Deployment', spec: { replicas: 2 }, status: undefined, is: 'its controller has not seen it yet' },
  {
    kind: 'Deployment',
    spec: { replicas: 2 },
    status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
    is: 'its controller has not seen it yet',
  },
  {
    kind: 'Deployment',
    spec: { replicas: 2 },
    status: seen({ replicas: 2, updatedReplicas: 1, availableReplicas: 2 }),
    is: '1 of 2 replicas are updated',
  },
  {
    kind: 'Deployment',
    spec: { replicas: 2 },
    status: seen({ replicas: 3, updatedReplicas: 2, availableReplicas: 3 }),
    is: '1 old replicas are still there',
  },
  {
    kind: 'Deployment',
    spec: { replicas: 2 },
    status: seen({ replicas: 2, updatedReplicas: 2, availableReplicas: 1 }),
    is: '1 of 2 replicas are available',
  },
  {
    kind: 'Deployment',
    spec: {},
    status: seen({ replicas: 1, updatedReplicas: 1, availableReplicas: 1 }),
    is: 'healthy',
  },
  { kind: 'Deployment', spec: { replicas: 0 }, status: seen({}), is: 'healthy' },
  {
    kind: 'Deployment',
    spec: {},
    status: seen(condition('Progressing', 'False', { reason: 'ProgressDeadlineExceeded', message: 'timed out' })),
    is: 'roll-out made no progress: timed out',
  },
  { kind: 'StatefulSet', spec: { replicas: 2 }, status: seen({ readyReplicas: 1 }), is: '1 of 2 replicas are ready' },
  {
    kind: 'StatefulSet',
    spec: {},
    status: seen({ readyReplicas: 1, currentRevision: 'a', updateRevision: 'b' }),
    is: 'old replicas are still there',
  },
  {
    kind: 'StatefulSet',
    spec: {},
    status: seen({ readyReplicas: 1, currentRevision: 'b', updateRevision: 'b' }),
    is: 'healthy',
  },
  {
    kind: 'DaemonSet',
    spec: {},
    status: seen({ desiredNumberScheduled: 3, updatedNumberScheduled: 2, numberAvailable: 3 }),
    is: '2 of 3 nodes have it',
  },
  {
    kind: 'DaemonSet',
    spec: {},
    status: seen({ desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 }),
    is: 'healthy',
  },
  { kind: 'Job', spec: {}, status: { active: 1 }, is: 'the job is running' },
  { kind: 'Job', spec: {}, status: condition('Complete', 'True'), is: 'healthy' },
  { kind: 'Job', spec: {}, status: condition('Failed', 'True', { message: 'too often' }), is: 'job failed: too often' },
  { kind: 'PersistentVolumeClaim', spec: {}, status: { phase: 'Pending' }, is: 'it is Pending' },
  { kind: 'CustomResourceDefinition', spec: {}, status: condition('Established', 'True'), is: 'healthy' },
])('a $kind with status $status: $is', ({ kind, spec, status, is }) => {
  const health = healthOf(object(kind, spec, status));
  expect(health.state === 'healthy' ? 'healthy' : health.reason).toBe(is);
});
