/** A kind of object that the API claims to know. */
export interface ServedResource {
  readonly apiVersion: string;
  readonly kind: string;
  /** Plural, as it stands in URLs. */
  readonly name: string;
  readonly namespaced: boolean;
}

export const RESOURCES: readonly ServedResource[] = [
  { apiVersion: 'v1', kind: 'Namespace', name: 'namespaces', namespaced: false },
  { apiVersion: 'v1', kind: 'ConfigMap', name: 'configmaps', namespaced: true },
  { apiVersion: 'v1', kind: 'Secret', name: 'secrets', namespaced: true },
  { apiVersion: 'v1', kind: 'Service', name: 'services', namespaced: true },
  { apiVersion: 'v1', kind: 'ServiceAccount', name: 'serviceaccounts', namespaced: true },
  { apiVersion: 'v1', kind: 'Pod', name: 'pods', namespaced: true },
  { apiVersion: 'v1', kind: 'Event', name: 'events', namespaced: true },
  { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name: 'leases', namespaced: true },
  { apiVersion: 'apps/v1', kind: 'Deployment', name: 'deployments', namespaced: true },
];

/** A Kubernetes object; what is not named here is as the manifest has it. */
export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: ApiMetadata;
  [field: string]: unknown;
}

export interface ApiMetadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  managedFields?: AppliedFields[];
  [field: string]: unknown;
}

export interface AppliedFields {
  manager: string;
  operation: 'Apply';
  apiVersion: string;
  time: string;
  fieldsType: 'FieldsV1';
  fieldsV1: object;
}

/** The document of `/api/v1` or `/apis/<group>/<version>`. */
export function resourceList(apiVersion: string): object | undefined {
  const resources = RESOURCES.filter((resource) => resource.apiVersion === apiVersion);
  if (resources.length === 0) {
    return undefined;
  }
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersion,
    resources: resources.map(({ name, kind, namespaced }) => ({
      name,
      singularName: kind.toLowerCase(),
      kind,
      namespaced,
      verbs: ['create', 'get', 'list', 'update', 'patch', 'delete'],
    })),
  };
}

/** The document of `/apis`: the groups besides the core's, each of one version. */
export function groupList(): object {
  const versions = new Set(RESOURCES.flatMap(({ apiVersion }) => (apiVersion.includes('/') ? [apiVersion] : [])));
  const groups = [...versions].map((groupVersion) => {
    const [name, version] = groupVersion.split('/');
    return { name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } };
  });
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

/** What a URL names. */
export interface RequestTarget {
  readonly resource: ServedResource;
  readonly namespace: string;
  /** Empty for a list. */
  readonly name: string;
}

const PATH =
  /^\/(?:api\/(?<core>v1)|apis\/(?<group>[^/]+\/[^/]+))(?:\/namespaces\/(?<namespace>[^/]+)(?=\/))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?$/;

/** Reads `/apis/apps/v1/namespaces/default/deployments/hello`. */
export function targetOf(path: string): RequestTarget | undefined {
  const { core, group, namespace = '', plural, name = '' } = PATH.exec(path)?.groups ?? {};
  const resource = RESOURCES.find((one) => one.apiVersion === (core ?? group) && one.name === plural);
  return resource === undefined ? undefined : { resource, namespace, name: decodeURIComponent(name) };
}
