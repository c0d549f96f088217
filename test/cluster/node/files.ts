import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  cniConfiguration,
  containerdConfiguration,
  impersonatingKubeconfig,
  kubeletConfiguration,
  type NodeLayout,
  registryHosts,
} from './configuration.ts';
import type { NodeOptions } from './options.ts';

/** The name that the image of pods' sandboxes is imported under. */
export const SANDBOX_IMAGE = 'registry.test/pause:1';

/** Writes all that containerd, CNI and kubelet read, below the node's directory. */
export function writeConfiguration(options: NodeOptions): void {
  const { name, index, directory, addresses, cgroup, cluster, server } = options;
  const registries = join(directory, 'registries');
  const cni = join(directory, 'cni');
  for (const registry of options.registries) {
    mkdirSync(join(registries, registry), { recursive: true });
    const url = `http://${addresses.host}:${new URL(`http://${registry}`).port}`;
    writeFileSync(join(registries, registry, 'hosts.toml'), registryHosts(url));
  }
  mkdirSync(cni);
  const layout: NodeLayout = { name, index, addresses, cgroup, registries, cni, sandboxImage: SANDBOX_IMAGE };
  writeFileSync(join(cni, '10-pods.conflist'), cniConfiguration(layout));
  writeFileSync(join(directory, 'containerd.toml'), containerdConfiguration(layout));
  writeFileSync(join(directory, 'kubelet.json'), kubeletConfiguration(layout));
  const identity = { user: `system:node:${name}`, groups: ['system:nodes'] };
  const kubeconfig = impersonatingKubeconfig({ ...cluster, server, ...identity });
  writeFileSync(join(directory, 'kubeconfig'), kubeconfig, { mode: 0o600 });
}
