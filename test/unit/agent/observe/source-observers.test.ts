import { expect, test } from 'vitest';
import type { ObjectResult } from '../../../../infra/agent/apply/apply-object.ts';
import type { Cluster } from '../../../../infra/agent/cluster/cluster.ts';
import { printId } from '../../../../infra/agent/manifest.ts';
import type { RevisionOutcome } from '../../../../infra/agent/observe/revision-observer.ts';
import { openSourceObservers } from '../../../../infra/agent/observe/source-observers.ts';
import { printTracked } from '../../../../infra/agent/observe/status.ts';
import { SluiceError } from '../../../../shared/errors.ts';
import { recordingLog } from '../../../fakes/recording.ts';
import { openDouble } from '../double.ts';

const id = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name });
const STATUS = id('sluice-status-shop');

function outcome(
  revision: string,
  results: readonly ObjectResult[],
  problems: readonly string[] = [],
): RevisionOutcome {
  return {
    report: {
      version: 1,
      cluster: 'shop',
      repository: 'https://git.example.com/shop.git',
      branch: 'main',
      revision,
      objects: results.map(({ id: one, action }) => ({ object: printId(one), action })),
      healthy: problems.length === 0,
      problems: [...problems],
      startedAt: '2026-11-23T10:00:00.000Z',
      finishedAt: '2026-11-23T10:00:01.000Z',
    },
    results,
    unhealthy: [],
    isWhole: problems.length === 0,
  };
}

async function open(change: (cluster: Cluster) => Partial<Cluster> = () => ({})) {
  const { cluster } = await openDouble();
  const { log, lines } = recordingLog();
  const changed = { ...cluster, ...change(cluster) };
  const options = { source: 'shop', namespace: 'default', follows: 'https://git.example.com/shop.git (main)' };
  const tellers = openSourceObservers({ own: changed, applying: changed }, 'pod_1', options, log);
  const status = async () => {
    await tellers.settled();
    return cluster.read(STATUS);
  };
  const events = async () => {
    await tellers.settled();
    const found = await cluster.list({ apiVersion: 'v1', kind: 'Event' });
    return found.map((one) => ({
      said: `${String(one['type'])} ${String(one['reason'])} ${String(one['message'])}`,
      count: one['count'],
      of: one['involvedObject'],
    }));
  };
  return { cluster, log: lines, status, events, ...tellers };
}

test('the status says what a source is at, and what was applied last', async () => {
  const { observer: teller, status } = await open();
  teller.applying('c1');
  const unhealthy = { id: id('a'), reason: 'it is Pending' };
  teller.waiting('c1', [unhealthy]);
  expect(await status()).toMatchObject({
    metadata: { labels: { 'sluice.dev/status': 'shop', 'app.kubernetes.io/managed-by': 'sluice-agent' } },
    data: { state: 'waiting', revision: 'c1', problems: 'configmap/default/a: it is Pending' },
  });
  teller.applied(
    outcome('c1', [
      { id: id('a'), action: 'created' },
      { id: id('b'), action: 'unchanged' },
    ]),
  );
  const healthy = await status();
  expect(healthy?.['data']).toEqual({
    agentVersion: '0.1.0',
    lastAppliedAt: '2026-11-23T10:00:01.000Z',
    lastAppliedRevision: 'c1',
    message: '2 objects are healthy',
    objects: 'created: 1\nunchanged: 1',
    problems: '',
    revision: 'c1',
    since: expect.stringMatching(/^20\d\d-/),
    source: 'https://git.example.com/shop.git (main)',
    state: 'healthy',
  });
  teller.applied(outcome('c2', [{ id: id('a'), action: 'failed' }], ['configmap/default/a: no']));
  expect((await status())?.['data']).toMatchObject({
    state: 'failed',
    revision: 'c2',
    lastAppliedRevision: 'c1',
    message: 'not healthy: configmap/default/a: no',
    problems: 'configmap/default/a: no',
  });
  teller.suspended('release freeze');
  expect((await status())?.['data']).toMatchObject({ state: 'suspended', message: 'release freeze' });
});

test('a reconcile that finds nothing new writes nothing', async () => {
  const { observer: teller, status } = await open();
  const same = outcome('c1', [{ id: id('a'), action: 'unchanged' }]);
  teller.applied(same);
  const before = (await status())?.metadata.resourceVersion;
  teller.applying('c1');
  teller.applied(same);
  teller.stands();
  expect((await status())?.metadata.resourceVersion).toBe(before);
});

test('after a look that failed, one that finds nothing to do tells of the revision again', async () => {
  const { observer: teller, status } = await open();
  teller.applied(outcome('c1', [{ id: id('a'), action: 'created' }]));
  const before = await status();
  teller.failed(new SluiceError({ code: 'git-unavailable', subject: 'repository', found: 'nobody' }));
  expect((await status())?.['data']).toMatchObject({ state: 'failed', message: 'repository: nobody', revision: 'c1' });
  teller.stands();
  expect((await status())?.['data']).toEqual(before?.['data']);
});

test('a source is suspended by an annotation, which the status keeps', async () => {
  const { cluster, observer: teller, suspension, settled } = await open();
  expect(await suspension()).toBeUndefined();
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: STATUS.name, namespace: 'default', annotations: { 'sluice.dev/suspended': 'release freeze' } },
    data: { lastAppliedRevision: 'c0', lastAppliedAt: '2026-11-23T09:00:00.000Z' },
  });
  expect(await suspension()).toBe('release freeze');
  teller.suspended('release freeze');
  await settled();
  // By another replica, which has told less than the one before it.
  expect((await cluster.read(STATUS))?.['data']).toMatchObject({ state: 'suspended', lastAppliedRevision: 'c0' });
});

test('problems that are many or long are cut', async () => {
  const { observer: teller, status } = await open();
  const problems = Array.from({ length: 60 }, (_, index) => `configmap/default/${index}: ${'x'.repeat(2000)}`);
  teller.applied(outcome('c1', [], problems));
  const data = (await status())?.['data'] as Readonly<Record<string, string>>;
  const lines = data['problems']?.split('\n') ?? [];
  expect({ lines: lines.length, last: lines.at(-1) }).toEqual({ lines: 51, last: 'and 10 more' });
  expect(Math.max(...lines.map(({ length }) => length))).toBe(500);
});

test('Events tell what was done to objects, and are counted when they come again', async () => {
  const { cluster, observer: teller, events } = await open();
  const live = await cluster.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', namespace: 'default' },
  });
  const failed = { id: id('b'), action: 'failed', reason: 'a webhook said no' } as const;
  teller.applied(outcome('c1', [{ id: id('a'), action: 'created', live }, failed], ['b']));
  teller.applied({
    ...outcome('c1', [{ id: id('a'), action: 'unchanged', live }, failed], ['b']),
    unhealthy: [{ id: id('a'), reason: 'it is Pending' }],
  });
  const told = await events();
  expect(told.toSorted((a, b) => a.said.localeCompare(b.said))).toEqual([
    {
      said: 'Normal Created revision c1: created',
      count: 1,
      of: expect.objectContaining({ kind: 'ConfigMap', name: 'a', uid: live.metadata.uid }),
    },
    { said: 'Warning ApplyFailed revision c1: failed: a webhook said no', count: 2, of: expect.anything() },
    {
      said: 'Warning Unhealthy revision c1: not healthy: it is Pending',
      count: 1,
      of: expect.objectContaining({ uid: live.metadata.uid }),
    },
  ]);
});

test('what is wrong is told first where there are many Events, and the rest is left out', async () => {
  const { observer: teller, events, log } = await open();
  const created = Array.from({ length: 80 }, (_, index): ObjectResult => ({ id: id(`a-${index}`), action: 'created' }));
  teller.applied(outcome('c1', [...created, { id: id('z'), action: 'failed', reason: 'no' }], ['z']));
  const told = await events();
  expect(told.length).toBe(50);
  expect(told.map(({ said }) => said)).toContain('Warning ApplyFailed revision c1: failed: no');
  expect(log).toContainEqual(expect.objectContaining({ message: 'events left out', count: 31 }));
});

test('names that an Event may not have are written in another way', async () => {
  const { observer: teller, events } = await open();
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    namespace: '',
    name: 'system:reader',
  };
  teller.applied(outcome('c1', [{ id: role, action: 'created' }]));
  expect(await events()).toMatchObject([{ of: { kind: 'ClusterRole', name: 'system:reader' } }]);
});

test('what may not be written is logged, and fails nothing', async () => {
  const apply = async () => {
    throw new SluiceError({ code: 'cluster-refused', subject: 'configmap', found: 'may not write' });
  };
  const { observer: teller, settled, log } = await open(() => ({ apply }));
  teller.applied(outcome('c1', [{ id: id('a'), action: 'created' }]));
  await settled();
  expect(log.map(({ level, message }) => `${String(level)} ${String(message)}`).toSorted()).toEqual([
    'warn events not written',
    'warn status not written',
  ]);
});

test('an Event that may not be written where its object is holds up no other', async () => {
  const {
    observer: teller,
    events,
    log,
  } = await open((cluster) => ({
    async apply(manifest) {
      if (JSON.stringify(manifest).includes('"theirs"')) {
        throw new SluiceError({ code: 'cluster-refused', subject: 'event', found: 'may not write' });
      }
      return cluster.apply(manifest);
    },
  }));
  const theirs: ObjectResult = { id: id('theirs'), action: 'failed', reason: 'may not write' };
  teller.applied(outcome('c1', [theirs, { id: id('mine'), action: 'created' }]));
  expect((await events()).map(({ said }) => said)).toEqual(['Normal Created revision c1: created']);
  expect(log).toContainEqual(expect.objectContaining({ message: 'events not written', count: 1 }));
});

test.each([
  { url: 'https://user:secret@git.example.com/shop.git', is: 'https://git.example.com/shop.git (main)' },
  { url: 'https://git.example.com/shop.git', is: 'https://git.example.com/shop.git (main)' },
  { url: 'git@git.example.com:shop.git', is: 'git@git.example.com:shop.git (main)' },
  { url: '/srv/shop.git', is: '/srv/shop.git (main)' },
])('$url is told as $is', ({ url, is }) => {
  expect(printTracked(url, 'main')).toBe(is);
});
