import { describe, expect, test } from 'vitest';
import { waitFor } from '../../cluster/daemon.ts';
import { configMap, printed } from './manifests.ts';
import { observe, PATIENTLY, untilHealthy } from './observed.ts';
import type { AgentPod } from './pods.ts';
import { encrypted, type PodStage } from './stage.ts';

/** A file for each renderer that runs in the cage. */
export function renderedFiles(ageKey: string): Readonly<Record<string, string>> {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'decrypted', namespace: 'default' } };
  return {
    'k8s/overlay/kustomization.yaml': printed({
      configMapGenerator: [{ name: 'built', literals: ['by=kustomize'], options: { disableNameSuffixHash: true } }],
    }),
    'k8s/chart/Chart.yaml': printed({ apiVersion: 'v2', name: 'chart', version: '1.0.0' }),
    'k8s/chart/templates/a.yaml': configMap('templated', 'by {{ .Chart.Name }}'),
    'k8s/secret.yml': encrypted(ageKey, printed({ ...secret, stringData: { by: 'sops' } })),
  };
}

/** Opens a connection to the API server, and says how that went. */
const CONNECT = `require('node:net').connect(process.env.KUBERNETES_SERVICE_PORT, process.env.KUBERNETES_SERVICE_HOST)
  .on('connect', () => { console.log('connected'); process.exit() })
  .on('error', ({ code }) => { console.log(code); process.exit() })`;

/** Tries to write to folders, a line for each where it could. */
const WRITE =
  'for at in / /usr/local/bin /etc /var /tmp /var/lib/sluice-agent /etc/sluice-agent/config; do touch $at/written 2>/dev/null && echo $at; done; true';

/** What a pod of the agent is kept from, and what it can do all the same. */
export function confinement(stage: () => PodStage): void {
  describe('a pod of the agent', () => {
    const pod = async (): Promise<AgentPod> => {
      const [first] = await stage().agents.list();
      if (first === undefined) throw new Error('expected a pod of the agent, found none');
      return first;
    };
    const inside = async (...command: readonly string[]) => stage().agents.run(await pod(), ...command);

    test('is the user of its image, with no capability, no new privilege and the seccomp profile of the runtime', async () => {
      expect(await inside('id')).toBe('uid=65532(sluice) gid=65532(sluice) groups=65532(sluice)\n');
      const status = await inside('cat', '/proc/1/status');
      const line = (name: string) => new RegExp(`^${name}:\\t(.*)$`, 'm').exec(status)?.[1];
      expect(['CapEff', 'CapPrm', 'CapInh', 'CapBnd', 'CapAmb'].map(line)).toEqual(Array(5).fill('0'.repeat(16)));
      expect([line('NoNewPrivs'), line('Seccomp')]).toEqual(['1', '2']);
    });

    test('writes nowhere but to its state and to /tmp', async () => {
      expect(await inside('sh', '-c', WRITE)).toBe('/tmp\n/var/lib/sluice-agent\n');
    });

    test('reaches the API server by the address of its Service, and holds its connections there', async () => {
      const { spec } = (await stage().cluster.api.get('/api/v1/namespaces/default/services/kubernetes')) as {
        spec: { clusterIP: string; ports: readonly { port: number }[] };
      };
      const environment = await inside('env');
      expect(environment).toContain(`KUBERNETES_SERVICE_HOST=${spec.clusterIP}\n`);
      // A connection that is established, by its other end as the kernel prints it: bytes of the address from the last.
      const address = Buffer.from(spec.clusterIP.split('.').map(Number)).readUInt32LE().toString(16).padStart(8, '0');
      const port = (spec.ports[0]?.port ?? 0).toString(16).padStart(4, '0');
      expect(await inside('cat', '/proc/net/tcp')).toMatch(new RegExp(` ${address}:${port} 01 `, 'i'));
    });

    test('may make no namespace, so that what renders is kept from the network by the filter of system calls', async () => {
      await expect(inside('unshare', '--map-root-user', '--net', 'true')).rejects.toThrow('Operation not permitted');
      expect(await inside('node', '-e', CONNECT)).toBe('connected\n');
      expect(await inside('sluice-sandbox', '/usr/local/bin/node', '-e', CONNECT)).toBe('EACCES\n');
    });

    test('applies what kustomize, helm and sops made of the repository in there', async () => {
      const data = async (kind: 'configmap' | 'secret', name: string) => (await observe(stage(), kind, name))?.data;
      await waitFor('the secret is there', () => data('secret', 'decrypted'), PATIENTLY);
      expect(await data('configmap', 'built')).toEqual({ by: 'kustomize' });
      expect(await data('configmap', 'templated')).toEqual({ value: 'by chart' });
      expect(await data('secret', 'decrypted')).toEqual({ by: Buffer.from('sops').toString('base64') });
    });

    test('fetches nothing that a kustomization names elsewhere, and keeps what is applied', async () => {
      const { branch, agents } = stage();
      const remote = 'https://kubernetes.default.svc/api?ref=main';
      const before = await observe(stage(), 'configmap', 'built');
      branch.commit({ 'k8s/remote/kustomization.yaml': printed({ resources: [remote] }) });
      const refused = await waitFor(
        'the agent refuses it',
        async () => {
          const pods = await agents.list();
          const lines = (await Promise.all(pods.map((one) => agents.lines(one)))).flat();
          return lines.find((line) => JSON.stringify(line).includes(remote));
        },
        PATIENTLY,
      );
      expect(JSON.stringify(refused)).toContain('k8s/remote');
      await untilHealthy(stage(), branch.commit({ 'k8s/remote/kustomization.yaml': undefined }));
      expect((await observe(stage(), 'configmap', 'built'))?.metadata.uid).toBe(before?.metadata.uid);
    });
  });
}
