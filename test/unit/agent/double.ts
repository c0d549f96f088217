import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ApiClient, type ApiRequest, openApiClient } from '../../../infra/agent/cluster/client.ts';
import { openCluster } from '../../../infra/agent/cluster/cluster.ts';
import { clusterAccess } from '../../../infra/agent/cluster/kubeconfig.ts';
import { type KubernetesOptions, startKubernetes } from '../../../infra/demo/kubernetes/server.ts';

/** The demo's API for one test, and what it was asked. */
export async function openDouble(podMillis = 10, more: KubernetesOptions = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-double-'));
  const kubernetes = await startKubernetes({ podMillis, ...more });
  const kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, kubernetes.kubeconfig);
  onTestFinished(async () => {
    await kubernetes.stop();
    rmSync(directory, { recursive: true });
  });
  const access = await clusterAccess(kubeconfig, undefined);
  const ask = openApiClient(access, 5000);
  const asked: ApiRequest[] = [];
  const recorded: ApiClient = async (question) => {
    asked.push(question);
    return ask(question);
  };
  return { kubeconfig, ask, asked, cluster: openCluster(access, 5000, recorded) };
}
