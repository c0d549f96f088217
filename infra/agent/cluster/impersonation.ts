import type { ClusterAccess } from './kubeconfig.ts';

/** A service account in whose name requests are made. */
export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

/**
 * The same cluster with a service account's rights. Our own account needs the verb `impersonate` on it.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 */
export function actingAs(access: ClusterAccess, { namespace, name }: ServiceAccount): ClusterAccess {
  return {
    ...access,
    async headers() {
      return { ...(await access.headers()), 'impersonate-user': `system:serviceaccount:${namespace}:${name}` };
    },
  };
}
