import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeObject } from '../cluster/kube-api.ts';
import { debianPath } from '../cluster/parts.ts';
import { expectOwned, pathOf } from './chaos-cluster.ts';
import { configMaps, definitionAndInstance, generation } from './chaos-revision.ts';
import { type ChaosStage, grant, openChaosStage, revoke } from './chaos-stage.ts';
import { asks, FETCH, nth, passed } from './requests.ts';
import { until } from './stage.ts';

const PAUSE_MILLIS = 10_000;
const MANY = 150;
const SOME = 60;
/** More than the agent's log, and less than what a commit brings. */
const FILE_BYTES = 8 * 1024 * 1024;

describe('an agent on a real control plane, of which a part is away', { timeout: 120_000 }, () => {
  let stage: ChaosStage;
  let number = 0;
  let stands: readonly KubeObject[] = [];
  let standing = '';
  const fresh = (count: number) => {
    number += 1;
    return [...generation(number), ...configMaps(count, String(number))];
  };
  beforeAll(async () => {
    stage = await openChaosStage();
    await stage.start();
    const first = fresh(MANY);
    await settled(stage.commit(first), first);
  });
  afterAll(async () => stage?.stop());

  const settled = async (revision: string, objects: readonly KubeObject[]) => {
    await stage.settled(revision, objects);
    expect(stage.agent().ended()).toBeUndefined();
    [standing, stands] = [revision, objects];
  };
  /** Commits, and waits until a part of it is applied. */
  const commitAndApplySome = async (objects: readonly KubeObject[]) => {
    const some = passed(stage.apiGate, nth(SOME, asks('PATCH', /configmaps\/many-/)));
    const revision = stage.commit(objects);
    await stage.reached('some of it is applied', some);
    return revision;
  };

  test('the API server is killed in the middle of an apply, and two revisions come while it is away', async () => {
    await commitAndApplySome(fresh(MANY));
    await stage.cluster.crash('kube-apiserver');
    await stage.fails(/cluster-unreachable/, () => stage.commit(fresh(MANY)));
    const last = fresh(MANY - SOME);
    const revision = stage.commit(last);
    await stage.cluster.revive('kube-apiserver');
    await expect(settled(revision, last)).resolves.toBeUndefined();
  });

  test('etcd stands still for 10 s in the middle of an apply', async () => {
    const next = fresh(MANY - SOME);
    const revision = await commitAndApplySome(next);
    const etcd = stage.cluster.pid('etcd');
    process.kill(etcd, 'SIGSTOP');
    await sleep(PAUSE_MILLIS);
    process.kill(etcd, 'SIGCONT');
    await expect(settled(revision, next)).resolves.toBeUndefined();
  });

  test('the Git host hangs, at first and in the middle of a fetch', async () => {
    stage.gitGate.hang(true);
    const next = fresh(MANY);
    const revision = stage.commit(next);
    await stage.fails(/no answer within 3 s/, () => {});
    await stage.told(standing, 'failed');
    await expectOwned(stage.cluster.api, stands);
    const inFetch = stage.gitGate.hold('before', nth(3, FETCH));
    await stage.fails(/no answer within 3 s/, async () => {
      stage.gitGate.hang(false);
      await inFetch;
    });
    await expect(settled(revision, next)).resolves.toBeUndefined();
  });

  test('the branch is pushed with force in the middle of an apply', async () => {
    await commitAndApplySome(fresh(MANY));
    const other = fresh(MANY - SOME);
    await expect(settled(stage.commit(other, { isForced: true }), other)).resolves.toBeUndefined();
  });

  test('all rights are taken away in the middle of an apply, and then given back in part and as a whole', async () => {
    const { api } = stage.cluster;
    const next = fresh(MANY - SOME);
    const revision = await commitAndApplySome(next);
    await stage.fails(/is forbidden/, () => revoke(api));
    await api.create('/apis/rbac.authorization.k8s.io/v1/clusterroles', {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'hardly-any-deletion' },
      rules: [
        { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'create', 'patch'] },
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['delete'] },
      ],
    });
    await grant(api, 'hardly-any-deletion');
    await stage.told(revision, 'failed', /it left Git, but .* cannot delete resource/);
    await revoke(api);
    await grant(api);
    await expect(settled(revision, next)).resolves.toBeUndefined();
  });

  test('the disk is full', async () => {
    const limit = (bytes: string) =>
      execFileSync(debianPath('prlimit'), ['--pid', String(stage.agent().pid), `--fsize=${bytes}:`]);
    limit(String(FILE_BYTES));
    const next = fresh(MANY);
    const files = { 'asset.bin': randomBytes(2 * FILE_BYTES) };
    let revision = '';
    await stage.fails(/git-unavailable/, () => {
      revision = stage.commit(next, { files });
    });
    await stage.told(standing, 'failed');
    await expectOwned(stage.cluster.api, stands);
    limit('unlimited');
    await expect(settled(revision, next)).resolves.toBeUndefined();
  });

  test('an API server that has just been started does not hide what others have in a namespace that left Git', async () => {
    const { api } = stage.cluster;
    const shared: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shared' } };
    const [instance, definition] = definitionAndInstance('theirs', 'shared');
    await api.apply(pathOf(definition), definition, 'foreign');
    const withIt = [...fresh(MANY), shared];
    await settled(stage.commit(withIt), withIt);
    const made = async () =>
      (await api.request(pathOf(instance))).status === 200 ||
      api.apply(pathOf(instance), instance, 'foreign').then(
        () => true,
        () => undefined,
      );
    await until('what they have', stage, made);
    await stage.cluster.crash('kube-apiserver');
    const next = fresh(MANY);
    const revision = stage.commit(next);
    await stage.cluster.revive('kube-apiserver');
    await stage.told(
      revision,
      'failed',
      /namespace\/shared: it left Git, but gadgettheirs\/shared\/first in it is not ours/,
    );
    expect(await api.get(pathOf(instance))).toMatchObject(instance);
    const back = [...next, shared];
    await expect(settled(stage.commit(back), back)).resolves.toBeUndefined();
  });
});
