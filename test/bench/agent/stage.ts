import type { ControlPlane } from '../../cluster/control-plane.ts';
import type { Cost } from './cost.ts';
import { config } from './manifests.ts';

/** Where a bench of the agent runs. */
export interface BenchStage {
  readonly cluster: ControlPlane;
  readonly directory: string;
  /** As the image starts it: options of Node, and the agent's file. */
  readonly command: readonly string[];
}

/** What is measured of each who applies. */
export interface Measured {
  readonly first: Cost;
  readonly nothing: Cost;
  readonly drifted: Cost;
}

export async function createNamespace({ cluster }: BenchStage, name: string): Promise<void> {
  await cluster.api.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

/** Another hand changes a ConfigMap. */
export async function drift({ cluster }: BenchStage, namespace: string): Promise<void> {
  const metadata = { name: 'config-0', namespace };
  const data = { 'application.properties': 'changed by another hand' };
  await cluster.api.apply(pathOf(namespace), { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }, 'another');
}

/** @throws Error where it is as the other hand left it */
export async function expectRestored({ cluster }: BenchStage, namespace: string): Promise<void> {
  const { data } = (await cluster.api.get(pathOf(namespace))) as { readonly data?: Readonly<Record<string, string>> };
  const found = data?.['application.properties'];
  if (found === undefined || !config(namespace, 0).includes(found.split('\n', 1)[0] ?? '')) {
    throw new Error(`${namespace}: expected config-0 as its manifest says, found ${found}`);
  }
}

function pathOf(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/configmaps/config-0`;
}
