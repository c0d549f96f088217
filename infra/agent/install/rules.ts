import { nameOf } from './options.ts';

/** A rule of a role: https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */
export type AccessRule =
  | {
      readonly apiGroups: readonly string[];
      readonly resources: readonly string[];
      readonly verbs: readonly string[];
      readonly resourceNames?: readonly string[];
    }
  | { readonly nonResourceURLs: readonly string[]; readonly verbs: readonly string[] };

/** By API group, the resources that repositories of manifests usually hold in a namespace. */
const NAMESPACED: Readonly<Record<string, readonly string[]>> = {
  '': [
    'configmaps',
    'limitranges',
    'persistentvolumeclaims',
    'pods',
    'resourcequotas',
    'secrets',
    'serviceaccounts',
    'services',
  ],
  apps: ['daemonsets', 'deployments', 'replicasets', 'statefulsets'],
  autoscaling: ['horizontalpodautoscalers'],
  batch: ['cronjobs', 'jobs'],
  'networking.k8s.io': ['ingresses', 'networkpolicies'],
  policy: ['poddisruptionbudgets'],
  // The API server lets nobody give rights that they lack themselves.
  'rbac.authorization.k8s.io': ['rolebindings', 'roles'],
};

/** Those of the whole cluster; roles of the whole cluster and webhooks have to be asked for. */
const CLUSTER_WIDE: Readonly<Record<string, readonly string[]>> = {
  '': ['namespaces', 'persistentvolumes'],
  'apiextensions.k8s.io': ['customresourcedefinitions'],
  'networking.k8s.io': ['ingressclasses'],
  'node.k8s.io': ['runtimeclasses'],
  'scheduling.k8s.io': ['priorityclasses'],
  'storage.k8s.io': ['storageclasses'],
};

/** What namespaces may hold besides and nobody writes to Git; it is looked for before one is pruned. */
const LOOKED_FOR: Readonly<Record<string, readonly string[]>> = {
  '': ['podtemplates', 'replicationcontrollers'],
  apps: ['controllerrevisions'],
  'coordination.k8s.io': ['leases'],
  'resource.k8s.io': ['resourceclaims', 'resourceclaimtemplates'],
  'storage.k8s.io': ['csistoragecapacities'],
};

/** What server-side apply, looking for drift and pruning come to. */
const APPLY = ['get', 'list', 'create', 'patch', 'delete'];

/** To apply in a namespace, and to tell of it there. */
export function namespaceRules(allowed: readonly string[]): readonly AccessRule[] {
  return [...rulesFor(NAMESPACED, APPLY), ...allowed.map(allowedRule), EVENTS];
}

/** To apply anywhere. */
export function clusterRules(allowed: readonly string[]): readonly AccessRule[] {
  return [...rulesFor(CLUSTER_WIDE, APPLY), READINESS, ...rulesFor(LOOKED_FOR, ['list']), ...namespaceRules(allowed)];
}

/** Before a namespace is pruned: an API server that only starts does not say all that is in it. */
const READINESS: AccessRule = { nonResourceURLs: ['/readyz'], verbs: ['get'] };

/** To tell of what is applied, where it is. */
const EVENTS: AccessRule = {
  apiGroups: [''],
  resources: ['events'],
  verbs: ['list', 'create', 'patch'],
};

/**
 * What the agent needs for itself in its own namespace, whoever it applies as. Names cannot bound `create`.
 *
 * @param agent its name, `default`
 * @param secrets those that it reads there
 */
export function ownRules(agent: string, secretNames: readonly string[]): readonly AccessRule[] {
  const configMaps = { apiGroups: [''], resources: ['configmaps'] };
  const secrets = { apiGroups: [''], resources: ['secrets'] };
  const kept = ['identity', 'charts'].map((what) => `${nameOf({ name: agent })}-${what}`);
  const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] };
  return [
    { ...configMaps, verbs: ['get', 'list', 'create', 'patch', 'delete'] },
    { ...secrets, verbs: ['create'] },
    { ...secrets, resourceNames: kept, verbs: ['get', 'patch'] },
    ...(secretNames.length === 0 ? [] : [{ ...secrets, resourceNames: secretNames, verbs: ['get'] }]),
    { ...leases, verbs: ['create'] },
    { ...leases, resourceNames: [`sluice-agent-${agent}`], verbs: ['get', 'update'] },
    EVENTS,
  ];
}

/** To be one service account and no other, and to tell of what it applied. */
export function impersonation(account: string): readonly AccessRule[] {
  return [
    { apiGroups: [''], resources: ['serviceaccounts'], resourceNames: [account], verbs: ['impersonate'] },
    EVENTS,
  ];
}

function rulesFor(table: Readonly<Record<string, readonly string[]>>, verbs: readonly string[]): readonly AccessRule[] {
  return Object.entries(table).map(([group, resources]) => ({ apiGroups: [group], resources, verbs }));
}

function allowedRule(text: string): AccessRule {
  const slash = text.indexOf('/');
  return { apiGroups: [text.slice(0, slash)], resources: [text.slice(slash + 1)], verbs: APPLY };
}
