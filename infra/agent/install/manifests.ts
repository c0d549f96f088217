import { stringify } from 'yaml';
import type { Manifest } from '../manifest.ts';
import { access } from './access.ts';
import { network } from './network.ts';
import { type InstallOptions, NAMESPACE } from './options.ts';
import { workload } from './workload.ts';

/** https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
const POD_SECURITY = { 'pod-security.kubernetes.io/enforce': 'restricted' };

/** All that an agent is in a cluster, in the order in which it can be applied. */
export function installManifests(options: InstallOptions): readonly Manifest[] {
  return [...namespaces(options), ...access(options), ...network(options), ...workload(options)].map((manifest) =>
    labelled(manifest, options),
  );
}

/**
 * The namespace, where it is the agent's own. Another may have pods in it that its label would refuse at their next
 * start, and whoever deletes the manifests would delete what else is in it.
 */
function namespaces({ namespace: name }: InstallOptions): readonly Manifest[] {
  return name === NAMESPACE ? [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: POD_SECURITY } }] : [];
}

/** kubectl reads YAML 1.1, where `no` and `on` are no text: https://yaml.org/type/bool.html */
const AS_KUBECTL_READS = { lineWidth: 0, aliasDuplicateObjects: false, compat: 'yaml-1.1' } as const;

/** As one YAML text, for `kubectl apply -f -`. */
export function printManifests(manifests: readonly Manifest[]): string {
  return manifests.map((manifest) => `---\n${stringify(manifest, AS_KUBECTL_READS)}`).join('');
}

function labelled(manifest: Manifest, options: InstallOptions): Manifest {
  const { labels, ...metadata } = manifest.metadata;
  const all = { 'app.kubernetes.io/name': 'sluice-agent', 'app.kubernetes.io/instance': options.name, ...labels };
  // A namespace may hold several agents.
  return manifest.kind === 'Namespace'
    ? { ...manifest, metadata: { ...metadata, labels: { 'app.kubernetes.io/part-of': 'sluice', ...labels } } }
    : { ...manifest, metadata: { ...metadata, labels: all } };
}
