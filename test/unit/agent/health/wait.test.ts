import { expect, test } from 'vitest';
import type { Cluster, LiveObject } from '../../../../infra/agent/cluster/cluster.ts';
import { healthOf } from '../../../../infra/agent/health/health.ts';
import { type Problem, printProblem } from '../../../../infra/agent/health/problem.ts';
import { waitForHealth } from '../../../../infra/agent/health/wait.ts';
import { SluiceError } from '../../../../shared/errors.ts';
import { openDouble } from '../double.ts';

const deployment = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default', labels: { 'sluice.dev/agent': 'shop' } },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
  },
});

async function wait(
  cluster: Cluster,
  objects: readonly LiveObject[],
  timeoutMillis = 20_000,
  signal = new AbortController().signal,
) {
  const told: (readonly Problem[])[] = [];
  const problems = await waitForHealth(cluster, objects, timeoutMillis, signal, healthOf, (waiting) =>
    told.push(waiting),
  );
  return { told, problems: problems.map(printProblem) };
}

test('thirty Deployments cost a list for each look, not a request each', async () => {
  const { cluster, asked } = await openDouble(300);
  const names = Array.from({ length: 30 }, (_, index) => `web-${index}`);
  const live = await Promise.all(names.map(async (name) => cluster.apply(deployment(name))));
  asked.length = 0;
  const { told, problems } = await wait(cluster, live);
  expect(problems).toEqual([]);
  expect(told.length).toBeGreaterThan(0);
  const lists = asked.filter(({ path }) => path.includes('labelSelector=sluice.dev%2Fagent%3Dshop'));
  const reads = asked.filter(({ path }) => /deployments\/web-/.test(path));
  expect(lists.length).toBeGreaterThan(0);
  // Once only one or two are left, they are read.
  expect(reads.length).toBeLessThan(10);
});

test('who may not list reads', async () => {
  const { cluster } = await openDouble();
  const live = await Promise.all(['a', 'b', 'c'].map(async (name) => cluster.apply(deployment(name))));
  const list = async () => {
    throw new SluiceError({ code: 'cluster-refused', subject: 'deployments', found: 'may not list' });
  };
  expect((await wait({ ...cluster, list }, live)).problems).toEqual([]);
});

test('what does not come up in time is told with how far it came, once for each change', async () => {
  const { cluster } = await openDouble(60_000);
  const live = await cluster.apply(deployment('slow'));
  const { told, problems } = await wait(cluster, [live], 1000);
  expect(problems).toEqual(['deployment/default/slow: 0 of 1 replicas are updated']);
  expect(told.map((waiting) => waiting.map(printProblem))).toEqual([
    ['deployment/default/slow: its controller has not seen it yet'],
    problems,
  ]);
});

test('what was deleted meanwhile ends the wait', async () => {
  const { cluster } = await openDouble(60_000);
  const live = await cluster.apply(deployment('gone'));
  await cluster.remove({ ...live, namespace: 'default', name: 'gone' });
  expect((await wait(cluster, [live])).problems).toEqual(['deployment/default/gone: it was deleted meanwhile']);
});

test('the signal ends the wait', async () => {
  const { cluster } = await openDouble(60_000);
  const live = await cluster.apply(deployment('slow'));
  expect((await wait(cluster, [live], 60_000, AbortSignal.timeout(50))).problems).toHaveLength(1);
});

test('what is wrong with pods is grouped, and events tell of probes', async () => {
  const { cluster } = await openDouble();
  const pull = {
    name: 'web',
    image: 'web:2',
    state: { waiting: { reason: 'ErrImagePull', message: 'no such image' } },
  };
  const pods: readonly LiveObject[] = ['a', 'b', 'c', 'd', 'e'].map((name) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `web-${name}` },
    status: name === 'e' ? { phase: 'Running' } : { phase: 'Pending', containerStatuses: [pull] },
  }));
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'x' },
    involvedObject: { name: 'web-e', fieldPath: 'spec.containers{web}' },
    reason: 'Unhealthy',
    message: 'Readiness probe failed: HTTP probe failed with statuscode: 500',
    lastTimestamp: '2026-11-23T10:00:00Z',
  };
  const asked: unknown[] = [];
  const list: Cluster['list'] = async ({ kind }, selection) => {
    asked.push([kind, selection]);
    return kind === 'Pod' ? pods : [event];
  };
  const live = await cluster.apply(deployment('web'));
  const { problems } = await wait({ ...cluster, list }, [live], 0);
  expect(problems).toEqual([
    'deployment/default/web: its controller has not seen it yet; ' +
      '4 pods (web-a, web-b, web-c …): container web: ErrImagePull: web:2: no such image; ' +
      'pod web-e: container web: Readiness probe failed: HTTP probe failed with statuscode: 500',
  ]);
  expect(asked).toEqual([
    ['Pod', { namespace: 'default', labelSelector: 'app=web' }],
    ['Event', { namespace: 'default', fieldSelector: 'type=Warning,involvedObject.kind=Pod' }],
  ]);
});

test('a pod says itself what is wrong with it, and a Job without pods why it makes none', async () => {
  const { cluster } = await openDouble();
  const terminated = { exitCode: 2, reason: 'Error' };
  const pod: LiveObject = {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'migrate', namespace: 'default' } },
    status: { phase: 'Failed', containerStatuses: [{ name: 'sql', state: { terminated } }] },
  };
  const job: LiveObject = {
    ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'seed', namespace: 'default' } },
    spec: { selector: { matchLabels: { job: 'seed' } } },
  };
  const event = {
    ...{ apiVersion: 'v1', kind: 'Event', metadata: { name: 'x' } },
    ...{ involvedObject: { name: 'seed' }, reason: 'FailedCreate', message: 'serviceaccount "seed" not found' },
  };
  const asked: unknown[] = [];
  const list: Cluster['list'] = async ({ kind }, { fieldSelector } = {}) => {
    asked.push([kind, fieldSelector]);
    return kind === 'Pod' ? [] : [event];
  };
  const { problems } = await wait({ ...cluster, list }, [pod, job], 0);
  expect(problems).toEqual([
    'pod/default/migrate: the pod failed: no reason is told; container sql: exit code 2 (Error)',
    'job/default/seed: the job has not started; FailedCreate: serviceaccount "seed" not found',
  ]);
  expect(asked).toEqual([
    ['Pod', undefined],
    ['Event', 'type=Warning,involvedObject.kind=Job,involvedObject.name=seed'],
  ]);
});
