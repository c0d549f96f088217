import type { KubeApi, KubeObject } from '../kube-api.ts';

/** What a suite asks of a pod. */
export interface PodSummary {
  readonly name: string;
  readonly node: string | undefined;
  readonly address: string | undefined;
  /** Whether Services lead to it: not while it is on its way out. */
  readonly isReady: boolean;
  readonly restarts: number;
  /** Why its first container waits, such as `ErrImagePull`; undefined where it does not. */
  readonly waiting: string | undefined;
  /** What the runtime says of that. */
  readonly message: string | undefined;
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
    readonly spec: { readonly nodeName?: string };
    readonly status: {
      readonly podIP?: string;
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
      readonly containerStatuses?: readonly {
        readonly restartCount: number;
        readonly state: { readonly waiting?: { readonly reason: string; readonly message?: string } };
      }[];
    };
  }[];
}

/** The pods of the namespace `default` that are labelled `app: NAME`. */
export async function listPods(api: KubeApi, name: string): Promise<readonly PodSummary[]> {
  const list = (await api.get(`/api/v1/namespaces/default/pods?labelSelector=app%3D${name}`)) as PodList;
  return list.items.map(({ metadata, spec, status }) => {
    const [first] = status.containerStatuses ?? [];
    const stays = metadata.deletionTimestamp === undefined;
    return {
      name: metadata.name,
      node: spec.nodeName,
      address: status.podIP,
      isReady:
        stays && (status.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True'),
      restarts: first?.restartCount ?? 0,
      waiting: first?.state.waiting?.reason,
      message: first?.state.waiting?.message,
    };
  });
}

/** A container with no rights at all: a user of its own, a read-only root, no capabilities, the runtime's seccomp profile. */
export function container(name: string, image: string, commandLine: readonly string[] = []) {
  return {
    name,
    image,
    args: commandLine,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 10_001,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
}

/** A pod template of one container, labelled `app: NAME`, that ends at once when it has to. */
export function podTemplate(name: string, only: ReturnType<typeof container>) {
  return { metadata: { labels: { app: name } }, spec: { terminationGracePeriodSeconds: 0, containers: [only] } };
}

/** A Deployment of the page image, whose pods are ready when the page is there and stand on as many nodes as they can. */
export function deployment(name: string, image: string, replicas = 1): KubeObject {
  const readinessProbe = { httpGet: { path: '/', port: 8000 }, periodSeconds: 1 };
  const template = podTemplate(name, container(name, image));
  const spread = { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule' };
  const topologySpreadConstraints = [{ ...spread, labelSelector: { matchLabels: { app: name } } }];
  const containers = template.spec.containers.map((only) => ({ ...only, readinessProbe }));
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { ...template, spec: { ...template.spec, containers, topologySpreadConstraints } },
    },
  };
}
