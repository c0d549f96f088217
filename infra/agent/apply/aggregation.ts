import { groupKindOf, type Manifest } from '../manifest.ts';

/**
 * A cluster role without its rules where those are gathered from other roles: the control plane writes them, and would
 * have them back as often as the agent set what Git says.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
 */
export function withoutAggregatedRules(manifest: Manifest): Manifest {
  const { aggregationRule = null } = manifest;
  if (groupKindOf(manifest) !== 'rbac.authorization.k8s.io/ClusterRole' || aggregationRule === null) {
    return manifest;
  }
  const { rules: _rules, ...rest } = manifest;
  return rest;
}
