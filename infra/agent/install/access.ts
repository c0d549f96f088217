import type { Manifest } from '../manifest.ts';
import { type InstallOptions, nameOf } from './options.ts';
import { type AccessRule, clusterRules, impersonation, namespaceRules, ownRules } from './rules.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** The agent's account and all that it may do. */
export function access(options: InstallOptions): readonly Manifest[] {
  const { namespace, awsRole } = options;
  const name = nameOf(options);
  const annotations = awsRole === undefined ? {} : { annotations: { 'eks.amazonaws.com/role-arn': awsRole } };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, ...annotations } },
    ...granted(`${name}-own`, namespace, ownRules(options.name, options.secrets), options),
    ...(options.appliesAsItself ? applyingAsItself(options) : []),
    ...options.tenants.flatMap((tenant) => {
      const [within = '', account = ''] = tenant.split('/');
      return granted(`${name}-as-${account}`, within, impersonation(account), options);
    }),
  ];
}

function applyingAsItself(options: InstallOptions): readonly Manifest[] {
  const { targetNamespaces, allowed } = options;
  const name = nameOf(options);
  if (targetNamespaces.length > 0) {
    return targetNamespaces.flatMap((namespace) => granted(name, namespace, namespaceRules(allowed), options));
  }
  // Names of the whole cluster are shared with agents of other namespaces.
  const shared = `${options.namespace}-${name}`;
  return [
    { apiVersion: `${GROUP}/v1`, kind: 'ClusterRole', metadata: { name: shared }, rules: clusterRules(allowed) },
    binding('ClusterRole', { name: shared }, options),
  ];
}

/** A role in a namespace, and the agent bound to it. */
function granted(
  name: string,
  namespace: string,
  rules: readonly AccessRule[],
  options: InstallOptions,
): readonly Manifest[] {
  return [
    { apiVersion: `${GROUP}/v1`, kind: 'Role', metadata: { name, namespace }, rules },
    binding('Role', { name, namespace }, options),
  ];
}

function binding(
  kind: 'Role' | 'ClusterRole',
  metadata: { readonly name: string; readonly namespace?: string },
  options: InstallOptions,
): Manifest {
  return {
    apiVersion: `${GROUP}/v1`,
    kind: `${kind}Binding`,
    metadata,
    roleRef: { apiGroup: GROUP, kind, name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', name: nameOf(options), namespace: options.namespace }],
  };
}
