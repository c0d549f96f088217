import { expect, test } from 'vitest';
import { completionOf, isAtWork } from '../../../../infra/agent/health/completion.ts';

const condition = (type: string, status: string, more: object = {}) => ({ conditions: [{ type, status, ...more }] });
const STARTED = { startTime: '2026-11-23T09:00:00Z' };
const running = { containerStatuses: [{ name: 'a', state: { running: {} } }] };
const backingOff = { containerStatuses: [{ name: 'a', state: { waiting: { reason: 'ImagePullBackOff' } } }] };

interface Row {
  readonly of: string;
  readonly what: string;
  readonly spec?: object;
  readonly status?: object;
  readonly deleted?: true;
  readonly is: string;
  readonly atWork?: true;
}

const ROWS: readonly Row[] = [
  { of: 'batch/v1 Job', what: 'new', is: 'the job has not started' },
  {
    of: 'batch/v1 Job',
    what: 'with a pod that runs',
    status: { ...STARTED, active: 1, ready: 1 },
    is: 'the job has not completed yet',
    atWork: true,
  },
  {
    of: 'batch/v1 Job',
    what: 'whose pod does not come up',
    status: { ...STARTED, active: 1, ready: 0 },
    is: 'the job has not completed yet',
  },
  { of: 'batch/v1 Job', what: 'suspended', spec: { suspend: true }, is: 'the job is suspended' },
  { of: 'batch/v1 Job', what: 'complete', status: condition('Complete', 'True'), is: 'complete' },
  {
    of: 'batch/v1 Job',
    what: 'complete and cleaned up at this moment',
    status: condition('Complete', 'True'),
    deleted: true,
    is: 'complete',
  },
  { of: 'batch/v1 Job', what: 'that is being deleted before its end', deleted: true, is: 'it is being deleted' },
  {
    of: 'batch/v1 Job',
    what: 'that failed',
    status: { failed: 1, ...condition('Failed', 'True', { message: 'too often' }) },
    is: 'failed: job failed after 1 failed pods: too often',
  },
  { of: 'batch.volcano.sh/v1 Job', what: 'of another group', is: 'complete' },
  {
    of: 'v1 Pod',
    what: 'that is to end, and is ready',
    spec: { restartPolicy: 'Never' },
    status: { phase: 'Running', ...condition('Ready', 'True'), ...running },
    is: 'the pod is Running, not Succeeded',
    atWork: true,
  },
  {
    of: 'v1 Pod',
    what: 'that waits for its image',
    spec: { restartPolicy: 'Never' },
    status: { phase: 'Pending', ...backingOff },
    is: 'the pod is Pending, not Succeeded',
  },
  {
    of: 'v1 Pod',
    what: 'that is to run for good, and is ready',
    spec: { restartPolicy: 'Always' },
    status: { phase: 'Running', ...condition('Ready', 'True') },
    is: 'complete',
  },
  {
    of: 'v1 Pod',
    what: 'that ended well',
    spec: { restartPolicy: 'Never' },
    status: { phase: 'Succeeded' },
    is: 'complete',
  },
  {
    of: 'v1 Pod',
    what: 'that failed',
    spec: { restartPolicy: 'Never' },
    status: { phase: 'Failed', reason: 'Evicted' },
    is: 'failed: the pod failed: Evicted',
  },
  { of: 'argoproj.io/v1alpha1 Workflow', what: 'new', is: 'the workflow is of no phase yet, not Succeeded' },
  {
    of: 'argoproj.io/v1alpha1 Workflow',
    what: 'that runs',
    status: { phase: 'Running' },
    is: 'the workflow is Running, not Succeeded',
    atWork: true,
  },
  { of: 'argoproj.io/v1alpha1 Workflow', what: 'that ended well', status: { phase: 'Succeeded' }, is: 'complete' },
  {
    of: 'argoproj.io/v1alpha1 Workflow',
    what: 'that failed',
    status: { phase: 'Failed', message: 'child failed' },
    is: 'failed: the workflow ended as Failed: child failed',
  },
  {
    of: 'tekton.dev/v1 PipelineRun',
    what: 'that runs',
    status: condition('Succeeded', 'Unknown'),
    is: 'it has not ended yet',
    atWork: true,
  },
  { of: 'tekton.dev/v1 TaskRun', what: 'that ended well', status: condition('Succeeded', 'True'), is: 'complete' },
  {
    of: 'tekton.dev/v1 PipelineRun',
    what: 'that failed',
    status: condition('Succeeded', 'False', { message: 'a task failed' }),
    is: 'failed: it did not succeed: a task failed',
  },
  {
    of: 'example.com/v1 Widget',
    what: 'goes by its health',
    status: condition('Ready', 'False', { message: 'no disk' }),
    is: 'it is not ready: no disk',
  },
];

test.each(ROWS)('a $of $what: $is', ({ of, spec = {}, status = {}, deleted, is, atWork = false }) => {
  const [apiVersion = '', kind = ''] = of.split(' ');
  const deletionTimestamp = '2026-11-23T10:00:00Z';
  const object = { apiVersion, kind, metadata: { name: 'a', ...(deleted && { deletionTimestamp }) }, spec, status };
  const completion = completionOf(object);
  const said = { healthy: '', progressing: '', failed: 'failed: ' }[completion.state];
  expect(completion.state === 'healthy' ? 'complete' : `${said}${completion.reason}`).toBe(is);
  expect(isAtWork(object)).toBe(atWork);
});
