import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKubernetes } from '../../infra/demo/kubernetes/server.ts';
import { describeKubernetes } from './kubernetes.ts';

describeKubernetes("the demo's API", async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-kubernetes-'));
  const kubernetes = await startKubernetes({ podMillis: 20 });
  const kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, kubernetes.kubeconfig);
  return {
    kubeconfig,
    async stop() {
      await kubernetes.stop();
      rmSync(directory, { recursive: true });
    },
  };
});
