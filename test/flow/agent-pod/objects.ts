import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../cluster/daemon.ts';
import { configMap, job, PRE_SYNC, printed } from './manifests.ts';
import { agentStatus, observe, PATIENTLY, untilAtWork, untilHealthy } from './observed.ts';
import type { PodStage } from './stage.ts';

const inDefault = (name: string) => ({ name, namespace: 'default' });

/** Objects that only a node makes true. */
export function objects(stage: () => PodStage): void {
  const image = () => stage().busybox;
  const completed = async (name: string) =>
    waitFor(
      `job ${name} has completed`,
      async () => (await observe(stage(), 'job', name))?.status?.['completionTime'],
      PATIENTLY,
    );

  describe('Jobs that take time', () => {
    test('stand once they are at work, and what left Git is ended at its work', async () => {
      const { branch } = stage();
      const long = job({ name: 'long', image: image(), command: ['sleep', '600'] });
      await untilHealthy(stage(), branch.commit({ 'k8s/long.json': long }));
      expect((await untilAtWork(stage(), 'long')).status).not.toHaveProperty('completionTime');
      await untilHealthy(stage(), branch.commit({ 'k8s/long.json': undefined }));
      const podsOf = async () => stage().cluster.api.get('/api/v1/namespaces/default/pods?labelSelector=app%3Dlong');
      const areGone = async () => ((await podsOf()) as { items: readonly object[] }).items.length === 0;
      await waitFor('its pod is gone', areGone, PATIENTLY);
    });

    test('as hooks hold the rest until they have completed', async () => {
      const { branch } = stage();
      const before = job({ name: 'migrate', image: image(), command: ['sleep', '4'], annotations: PRE_SYNC });
      const revision = branch.commit({ 'k8s/migrate.json': before, 'k8s/after.json': configMap('after', 'migrated') });
      await untilAtWork(stage(), 'migrate');
      expect(await observe(stage(), 'configmap', 'after')).toBeUndefined();
      await untilHealthy(stage(), revision);
      const made = (await observe(stage(), 'configmap', 'after'))?.metadata.creationTimestamp;
      expect(Date.parse(made ?? '')).toBeGreaterThanOrEqual(Date.parse(String(await completed('migrate'))));
    });

    test('as hooks that fail hold the rest with the reason of their pods, until the next revision', async () => {
      const { branch } = stage();
      const command = ['sh', '-c', 'sleep 2; echo the table is locked; exit 3'];
      const failing = job({ name: 'migrate', image: image(), command, annotations: PRE_SYNC });
      const revision = branch.commit({ 'k8s/migrate.json': failing, 'k8s/after.json': configMap('after', 'again') });
      const failed = await waitFor(
        'the agent says so',
        async () => {
          const status = await agentStatus(stage());
          return status['state'] === 'failed' && status['revision'] === revision ? status : undefined;
        },
        PATIENTLY,
      );
      expect(failed['problems']).toMatch(/^job\/default\/migrate: .*exit code 3 \(Error\)/m);
      expect((await observe(stage(), 'configmap', 'after'))?.data).toEqual({ value: 'migrated' });
      await untilHealthy(stage(), branch.commit({ 'k8s/migrate.json': undefined }));
      expect((await observe(stage(), 'configmap', 'after'))?.data).toEqual({ value: 'again' });
    });
  });

  test('a LoadBalancer that no provider gives an address is healthy, and stays without one', async () => {
    const { branch } = stage();
    const spec = { type: 'LoadBalancer', selector: { app: 'nothing' }, ports: [{ port: 80 }] };
    const service = printed({ apiVersion: 'v1', kind: 'Service', metadata: inDefault('balanced'), spec });
    await untilHealthy(stage(), branch.commit({ 'k8s/balanced.json': service }));
    expect((await observe(stage(), 'service', 'balanced'))?.status).toEqual({ loadBalancer: {} });
    expect(await agentStatus(stage())).toMatchObject({ state: 'healthy', problems: '' });
  });

  test('a claim that is to be kept outlives a prune with what was written to it, and is read again', async () => {
    const { branch, cluster, real } = stage();
    const path = join(real.directory, 'volume');
    mkdirSync(path);
    // The pod's user is another.
    chmodSync(path, 0o777);
    await cluster.api.create('/api/v1/persistentvolumes', volume(path));
    const write = job({
      name: 'write',
      image: image(),
      command: ['sh', '-c', 'echo 42 > /data/answer'],
      claim: 'data',
    });
    await untilHealthy(stage(), branch.commit({ 'k8s/claim.json': CLAIM, 'k8s/write.json': write }));
    await completed('write');
    const claim = await observe(stage(), 'claim', 'data');
    await untilHealthy(stage(), branch.commit({ 'k8s/claim.json': undefined, 'k8s/write.json': undefined }));
    expect(await observe(stage(), 'job', 'write')).toBeUndefined();
    expect(await observe(stage(), 'claim', 'data')).toMatchObject({
      metadata: { uid: claim?.metadata.uid },
      status: { phase: 'Bound' },
    });
    const command = ['sh', '-c', 'cp /data/answer /data/read'];
    const read = job({ name: 'read', image: image(), command, claim: 'data' });
    await untilHealthy(stage(), branch.commit({ 'k8s/claim.json': CLAIM, 'k8s/read.json': read }));
    await completed('read');
    expect(readFileSync(join(path, 'read'), 'utf8')).toBe('42\n');
  });
}

const SIZE = { storage: '1Mi' };

const CLAIM = printed({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { ...inDefault('data'), annotations: { 'helm.sh/resource-policy': 'keep' } },
  spec: { storageClassName: '', volumeName: 'data', accessModes: ['ReadWriteMany'], resources: { requests: SIZE } },
});

/** A directory of the nodes, which are on one machine. */
function volume(path: string) {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'data' },
    spec: {
      ...{ capacity: SIZE, accessModes: ['ReadWriteMany'], storageClassName: '' },
      persistentVolumeReclaimPolicy: 'Retain',
      hostPath: { path, type: 'Directory' },
    },
  };
}
