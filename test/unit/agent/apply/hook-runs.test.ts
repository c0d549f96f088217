import { expect, test } from 'vitest';
import { HookRuns } from '../../../../infra/agent/apply/hook-runs.ts';
import type { Cluster, LiveObject } from '../../../../infra/agent/cluster/cluster.ts';
import { manifestDigest } from '../../../../infra/agent/inventory/fingerprint.ts';
import type { Manifest } from '../../../../infra/agent/manifest.ts';

const REVISION = 'revision-now-abc';
const COMPLETE = { conditions: [{ type: 'Complete', status: 'True' }] };
const AT_WORK = { startTime: '2026-11-30T09:00:00Z', active: 1, ready: 1 };

const hook = (spec: object = {}): Manifest => ({
  ...{ apiVersion: 'batch/v1', kind: 'Job' },
  metadata: { name: 'a', namespace: 'default', annotations: { 'argocd.argoproj.io/hook': 'PreSync' } },
  spec,
});

/** Runs a hook where a Job of its name may be there already. */
async function start(
  manifest: Manifest,
  there: object | undefined,
  whileWaiting: object = {},
  signal = new AbortController().signal,
) {
  let uids = 1;
  const made = (object: Manifest, more: object): LiveObject => ({
    ...object,
    ...more,
    metadata: { ...object.metadata, uid: `uid-${uids}`, ...(more as { metadata?: object }).metadata },
  });
  let live = there && made(hook(), there);
  let waits = 0;
  const cluster = {
    read: async () => live,
    async apply(object: Manifest) {
      uids += live === undefined ? 1 : 0;
      live = made(object, {});
      return live;
    },
    async remove() {
      live = undefined;
    },
  } as Partial<Cluster> as Cluster;
  const runs = new HookRuns(REVISION, {
    cluster,
    signal,
    entries: new Map(),
    save: async () => {},
    async waitForRest() {
      waits += 1;
      live = live && { ...live, ...whileWaiting };
    },
  });
  const task = { manifest, digest: manifestDigest(manifest), place: 'a.yml:1', before: undefined, isHookRun: true };
  const { action, reason } = await runs.start(task, 'PreSync');
  const started = live;
  await runs.note([task], 'PreSync', []);
  await runs.cleanUp([task], 'PreSync');
  const isThere = live !== undefined;
  return { action, reason, waits, uid: started?.metadata.uid, live: started, isThere };
}

interface Row {
  readonly what: string;
  readonly there?: object;
  readonly whileWaiting?: object;
  readonly action: string;
  readonly reason?: string;
  readonly waits: number;
  readonly uid: string;
}

const ANEW = 'made anew, because a hook runs once for each revision';
test.each<Row>([
  { what: 'There is none', action: 'created', waits: 0, uid: 'uid-2' },
  {
    what: 'An earlier run has completed',
    there: { status: COMPLETE },
    action: 'configured',
    reason: ANEW,
    waits: 0,
    uid: 'uid-2',
  },
  {
    what: 'An earlier run does not come up',
    there: { status: { ...AT_WORK, ready: 0 } },
    ...{ action: 'configured', reason: ANEW, waits: 0, uid: 'uid-2' },
  },
  {
    what: 'An earlier run is at work, and ends in time',
    there: { status: AT_WORK },
    whileWaiting: { status: COMPLETE },
    ...{ action: 'configured', reason: ANEW, waits: 1, uid: 'uid-2' },
  },
  {
    what: 'An earlier run is at work, and stays so',
    there: { status: AT_WORK },
    ...{ action: 'failed', waits: 1, uid: 'uid-1' },
    reason: 'its run of an earlier revision is still at work: it waits for that to end, or to be deleted (a.yml:1)',
  },
  {
    what: 'Another hand asks to leave it alone',
    there: { status: COMPLETE, metadata: { annotations: { 'sluice.dev/ignore': 'true' } } },
    ...{ action: 'skipped', waits: 0, uid: 'uid-1' },
    reason: 'sluice.dev/ignore on it in the cluster says that it is to be left alone',
  },
])('$what: $action', async ({ there, whileWaiting, action, reason, waits, uid }) => {
  expect(await start(hook(), there, whileWaiting)).toMatchObject({ action, reason, waits, uid });
});

test.each([
  { says: { ttlSecondsAfterFinished: 0 }, stays: { ttlSecondsAfterFinished: 600 } },
  { says: { ttlSecondsAfterFinished: 3600 }, stays: { ttlSecondsAfterFinished: 3600 } },
  { says: {}, stays: {} },
])('a Job of which Git says $says is made with $stays, so that its end is seen', async ({ says, stays }) => {
  expect((await start(hook(says), undefined)).live?.['spec']).toEqual(stays);
});

test('a wait for an earlier run that is ended before its time tells of no failure, and deletes nothing', async () => {
  const { action, uid } = await start(hook(), { status: AT_WORK }, {}, AbortSignal.abort());
  expect({ action, uid }).toEqual({ action: 'unchanged', uid: 'uid-1' });
});

test.each([
  { what: 'that it has made', there: undefined, more: {}, isThere: false },
  {
    what: 'of another hand, where it is to be made only if there is none,',
    there: { status: COMPLETE },
    more: { 'sluice.dev/apply': 'IfNotPresent' },
    isThere: true,
  },
])('what is to be deleted when it succeeded: one $what is there then: $isThere', async ({ there, more, isThere }) => {
  const manifest = hook();
  const annotations = {
    ...manifest.metadata.annotations,
    'argocd.argoproj.io/hook-delete-policy': 'HookSucceeded',
    ...more,
  };
  const asking = { ...manifest, metadata: { ...manifest.metadata, annotations } };
  expect((await start(asking, there)).isThere).toBe(isThere);
});
