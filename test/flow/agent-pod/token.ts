import { describe, expect, test } from 'vitest';
import { waitFor } from '../../cluster/daemon.ts';
import { kubectl } from '../installation.ts';
import { configMap } from './manifests.ts';
import { type Observed, PATIENTLY, untilSaid } from './observed.ts';
import type { PodStage } from './stage.ts';

/** https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ */
const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const NAMESPACE = ['-n', 'sluice'];

/** The token of the agent's account. */
export function rotation(stage: () => PodStage): void {
  describe("an agent whose account's token is replaced while it runs", () => {
    const admin = async (...words: readonly string[]) => kubectl(stage().cluster, words);
    const json = (object: object) => JSON.stringify(object);

    /** A token that ends as soon as the Secret of this name is gone. */
    const boundToken = async (name: string) => {
      await admin('create', 'secret', 'generic', name, ...NAMESPACE);
      const found = (await stage().cluster.api.get(`/api/v1/namespaces/sluice/secrets/${name}`)) as Observed;
      const bound = ['--bound-object-kind=Secret', `--bound-object-name=${name}`];
      const uid = `--bound-object-uid=${found.metadata.uid}`;
      return (await admin('create', 'token', 'sluice-agent', ...NAMESPACE, ...bound, uid, '--duration=10m')).trim();
    };
    const whoIs = async (token: string) =>
      (await stage().cluster.api.request('/api/v1/namespaces/sluice/configmaps', { token })).status;

    test('goes on with the next one when the first is taken no longer', async () => {
      const { agents, branch } = stage();
      const first = await boundToken('first-session');
      await admin('create', 'secret', 'generic', 'account', ...NAMESPACE, `--from-literal=token=${first}`);
      // The kubelet asks for tokens of ten minutes at least, and replaces one after eight: here it is a Secret's.
      const sources = [
        { secret: { name: 'account' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      ];
      const volumes = [{ name: 'account', projected: { sources } }];
      const containers = [{ name: 'agent', volumeMounts: [{ name: 'account', mountPath: MOUNT, readOnly: true }] }];
      const pod = { automountServiceAccountToken: false, volumes, containers };
      const patch = json({ spec: { template: { spec: pod } } });
      await admin('patch', 'deployment', 'sluice-agent', ...NAMESPACE, '--type=strategic', `--patch=${patch}`);
      await admin('rollout', 'status', 'deployment/sluice-agent', ...NAMESPACE, '--timeout=3m');
      branch.commit({ 'k8s/token.json': configMap('token', 'by the first') });
      await untilSaid(stage(), 'token', 'by the first');
      expect(await whoIs(first)).toBe(200);

      const second = await boundToken('second-session');
      await admin('patch', 'secret', 'account', ...NAMESPACE, `--patch=${json({ stringData: { token: second } })}`);
      const pods = await waitFor(
        'the old pods are gone',
        async () => {
          const all = await agents.list();
          return all.length === 2 && all.every(({ isReady }) => isReady) ? all : undefined;
        },
        PATIENTLY,
      );
      for (const one of pods) {
        const holds = async () => {
          // A change of the pod has the kubelet look at its volumes now, rather than within its minute.
          await admin('annotate', '--overwrite', 'pod', one.name, ...NAMESPACE, `looked-at=${Date.now()}`);
          return (await agents.run(one, 'cat', `${MOUNT}/token`)).trim() === second;
        };
        await waitFor(`${one.name} has the second token`, holds, PATIENTLY);
      }
      await admin('delete', 'secret', 'first-session', ...NAMESPACE);
      await waitFor('the first token is refused', async () => (await whoIs(first)) === 401, PATIENTLY);
      const holders = agents.holders();
      branch.commit({ 'k8s/token.json': configMap('token', 'by the second') });
      await untilSaid(stage(), 'token', 'by the second');
      expect(agents.holders()).toEqual(holders);
      expect((await agents.list()).map(({ uid, restarts }) => ({ uid, restarts }))).toEqual(
        pods.map(({ uid, restarts }) => ({ uid, restarts })),
      );
    });
  });
}
