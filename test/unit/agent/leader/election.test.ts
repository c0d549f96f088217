import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ApiClient, openApiClient } from '../../../../infra/agent/cluster/client.ts';
import { clusterAccess } from '../../../../infra/agent/cluster/kubeconfig.ts';
import { openElection } from '../../../../infra/agent/leader/election.ts';
import { openLease } from '../../../../infra/agent/leader/lease.ts';
import { type Kubernetes, startKubernetes } from '../../../../infra/demo/kubernetes/server.ts';
import { SluiceError } from '../../../../shared/errors.ts';
import { recordingLog } from '../../../fakes/recording.ts';

let kubernetes: Kubernetes;
let directory: string;
let ask: ApiClient;
let ended: AbortController;
let running: Promise<unknown>[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-leader-'));
  kubernetes = await startKubernetes();
  const file = join(directory, 'kubeconfig');
  writeFileSync(file, kubernetes.kubeconfig);
  ask = openApiClient(await clusterAccess(file, undefined), 2000);
  ended = new AbortController();
  running = [];
});
afterEach(async () => {
  ended.abort();
  await Promise.all(running);
  await kubernetes.stop();
  rmSync(directory, { recursive: true });
});

const TIMES = { lease: 2000, renewWithin: 1000, retry: 50 };
const leaseOf = () => openLease(ask, 'default', 'sluice-shop');

/** A replica that competes, and does nothing else when it leads. */
function compete(name: string, by: ApiClient = ask, end = ended.signal) {
  const { log, lines } = recordingLog();
  const election = openElection(openLease(by, 'default', 'sluice-shop'), name, log, () => {}, TIMES);
  const terms: AbortSignal[] = [];
  running.push(
    election.run(end, async (signal) => {
      terms.push(signal);
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
    }),
  );
  return { election, terms, lines };
}

/** A way to the cluster that can be cut. */
function cuttable() {
  const state = { isCut: false };
  const by: ApiClient = async (question) => {
    if (state.isCut) {
      throw new SluiceError({ code: 'cluster-unreachable', subject: 'cluster', found: 'nobody', retryable: true });
    }
    return ask(question);
  };
  return { by, state };
}

const WAIT = { timeout: 10_000, interval: 10 };

test('of several replicas one leads', async () => {
  const replicas = ['a', 'b', 'c'].map((name) => compete(name));
  await vi.waitFor(() => expect(replicas.filter(({ election }) => election.isLeading()).length).toBe(1), WAIT);
  const first = (await leaseOf().read())?.record;
  await vi.waitFor(async () => expect((await leaseOf().read())?.record.renewedAt).not.toBe(first?.renewedAt), WAIT);
  expect((await leaseOf().read())?.record).toMatchObject({ holder: first?.holder, acquiredAt: first?.acquiredAt });
  expect(replicas.flatMap(({ terms }) => terms).length).toBe(1);
});

test('who ends gives the lease back, and another leads at once', async () => {
  const end = new AbortController();
  const first = compete('a', ask, end.signal);
  await vi.waitFor(() => expect(first.election.isLeading()).toBe(true), WAIT);
  end.abort();
  await running[0];
  expect((await leaseOf().read())?.record).toMatchObject({ holder: '', durationSeconds: 1 });
  const second = compete('b');
  await vi.waitFor(() => expect(second.election.isLeading()).toBe(true), WAIT);
  expect((await leaseOf().read())?.record).toMatchObject({ holder: 'b', transitions: 1 });
});

test('a leader that cannot renew stops before another may take over, and writes nothing more', async () => {
  const { by, state } = cuttable();
  const first = compete('a', by);
  await vi.waitFor(() => expect(first.election.isLeading()).toBe(true), WAIT);
  const second = compete('b');
  const guarded = first.election.guard(ask);
  const write = { method: 'PUT', path: '/api/v1/namespaces/default/configmaps/x' } as const;
  state.isCut = true;
  const together: boolean[] = [];
  await vi.waitFor(() => {
    together.push(first.election.isLeading() && second.election.isLeading());
    expect(second.election.isLeading()).toBe(true);
  }, WAIT);
  expect(together).not.toContain(true);
  expect(first.terms[0]?.aborted).toBe(true);
  await expect(guarded(write)).rejects.toMatchObject({
    code: 'leadership-lost',
    message:
      'replica a: expected to be the leader, found that its lease was not renewed in time, and that another may lead by now',
  });
  expect((await guarded({ path: '/version' })).status).toBe(200);
  expect(first.lines.map(({ message }) => message)).toContain('no longer leading');
});

test('a leader that finds another in its lease stops at once', async () => {
  const first = compete('a');
  await vi.waitFor(() => expect(first.election.isLeading()).toBe(true), WAIT);
  await vi.waitFor(async () => {
    const lease = await leaseOf().read();
    expect(lease && (await leaseOf().replace(lease, { ...lease.record, holder: 'b' }))).toBeDefined();
  }, WAIT);
  await vi.waitFor(() => expect(first.terms[0]?.aborted).toBe(true), WAIT);
  expect(first.election.terms()).toBe(1);
  await vi.waitFor(() => expect(first.election.terms()).toBe(2), WAIT);
  expect(first.lines).toContainEqual(expect.objectContaining({ message: 'lease taken by another', holder: 'b' }));
});

test('a request that is under way when the lease is lost is ended', async () => {
  const { by, state } = cuttable();
  const first = compete('a', by);
  await vi.waitFor(() => expect(first.election.isLeading()).toBe(true), WAIT);
  const hanging: ApiClient = async ({ signal }) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('ended')));
    });
  const write = first.election.guard(hanging)({ method: 'PATCH', path: '/' });
  state.isCut = true;
  await expect(write).rejects.toThrow('ended');
});

test('the lease keeps what others have written on it', async () => {
  const first = compete('a');
  await vi.waitFor(() => expect(first.election.isLeading()).toBe(true), WAIT);
  const path = '/apis/coordination.k8s.io/v1/namespaces/default/leases/sluice-shop';
  const body = { metadata: { labels: { team: 'shop' } } };
  await ask({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body });
  const before = (await leaseOf().read())?.record.renewedAt;
  await vi.waitFor(async () => expect((await leaseOf().read())?.record.renewedAt).not.toBe(before), WAIT);
  expect((await leaseOf().read())?.metadata).toMatchObject({ labels: { team: 'shop' } });
  expect(first.terms.length).toBe(1);
});
