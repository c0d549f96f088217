import { expect, test } from 'vitest';
import { podFault } from '../../../../infra/agent/health/pod-fault.ts';

const container = (state: object, more: object = {}) => ({
  name: 'web',
  image: 'registry.example.com/web:2',
  state,
  ...more,
});
const crash = (exitCode: number, reason: string, message?: string) => ({ terminated: { exitCode, reason, message } });

test.each([
  { what: 'ready', status: { conditions: [{ type: 'Ready', status: 'True' }] }, is: undefined },
  { what: 'ended', status: { phase: 'Succeeded' }, is: undefined },
  {
    what: 'without a node',
    status: {
      conditions: [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available:\n3 Insufficient cpu.' }],
    },
    is: 'cannot be scheduled: 0/3 nodes are available: 3 Insufficient cpu.',
  },
  {
    what: 'whose image cannot be pulled',
    status: {
      containerStatuses: [
        container({
          waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "registry.example.com/web:2"' },
        }),
      ],
    },
    is: 'container web: ImagePullBackOff: Back-off pulling image "registry.example.com/web:2"',
  },
  {
    what: 'whose image the message does not name',
    status: { containerStatuses: [container({ waiting: { reason: 'ErrImagePull', message: 'unauthorized' } })] },
    is: 'container web: ErrImagePull: registry.example.com/web:2: unauthorized',
  },
  {
    what: 'without its secret',
    status: {
      containerStatuses: [
        container({ waiting: { reason: 'CreateContainerConfigError', message: 'secret "db" not found' } }),
      ],
    },
    is: 'container web: CreateContainerConfigError: secret "db" not found',
  },
  {
    what: 'that crashes',
    status: {
      containerStatuses: [
        container(
          { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' } },
          { restartCount: 4, lastState: crash(1, 'Error', 'panic: no configuration\n') },
        ),
      ],
    },
    is: 'container web: CrashLoopBackOff: exit code 1 (Error): panic: no configuration, 4 restarts',
  },
  {
    what: 'that ran out of memory',
    status: {
      containerStatuses: [
        container({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 2, lastState: crash(137, 'OOMKilled') }),
      ],
    },
    is: 'container web: CrashLoopBackOff: exit code 137 (OOMKilled), 2 restarts',
  },
  {
    what: 'whose init container fails',
    status: {
      initContainerStatuses: [{ ...container(crash(2, 'Error', 'no database')), name: 'migrate' }],
      containerStatuses: [container({ waiting: { reason: 'PodInitializing' } })],
    },
    is: 'init container migrate: exit code 2 (Error): no database',
  },
  {
    what: 'evicted',
    status: { phase: 'Failed', reason: 'Evicted', message: 'low on memory' },
    is: 'Evicted: low on memory',
  },
])('a pod $what: $is', ({ status, is }) => {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-1' }, status };
  expect(podFault(pod)?.reason).toBe(is);
});

test('of a pod that runs and is not ready only events may tell', () => {
  const status = { phase: 'Running', containerStatuses: [container({ running: {} })] };
  expect(podFault({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-1' }, status })).toEqual({
    reason: undefined,
    mayBeProbe: true,
  });
});

test('a message that is long is cut', () => {
  const status = {
    containerStatuses: [container({ waiting: { reason: 'CreateContainerError', message: 'x'.repeat(2000) } })],
  };
  const fault = podFault({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-1' }, status });
  expect(fault?.reason).toMatch(/^container web: CreateContainerError: x+…$/);
  expect(fault?.reason?.length).toBeLessThan(310);
});
