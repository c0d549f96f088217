import { join } from 'node:path';
import type { ControlPlaneBinary } from './parts-list.ts';

/** Everything that the parts' command lines depend on; paths are absolute, ports are on 127.0.0.1. */
export interface ControlPlaneLayout {
  readonly directory: string;
  readonly kubeconfig: string;
  readonly tokenFile: string;
  readonly serviceAccountKey: string;
  readonly ports: Readonly<Record<'etcdClient' | 'etcdPeer' | 'apiServer' | 'kwok', number>>;
  /** Requests a second of the controllers; 20 where it is left out. */
  readonly controllerRate?: number | undefined;
  /** Stage files for kwok, in order. */
  readonly stages: readonly string[];
}

/** The order in which the parts are started; they are stopped in the opposite one. */
export const startOrder = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
] as const satisfies readonly ControlPlaneBinary[];

/** The annotation of nodes that kwok is the kubelet of. */
export const PRETENDED_NODE = { key: 'kwok.x-k8s.io/node', value: 'fake' } as const;

/** Where the API server writes its self-signed certificate, which is also the CA that clients verify it with. */
export function servingCertificate(layout: Pick<ControlPlaneLayout, 'directory'>): string {
  return join(layout.directory, 'certificates', 'apiserver.crt');
}

/** Where the API server writes that certificate's key. */
export function servingKey(layout: Pick<ControlPlaneLayout, 'directory'>): string {
  return join(layout.directory, 'certificates', 'apiserver.key');
}

/** The command line of each part. */
export const partArguments: Readonly<Record<ControlPlaneBinary, (layout: ControlPlaneLayout) => readonly string[]>> = {
  etcd: ({ directory, ports }) => [
    `--data-dir=${join(directory, 'etcd')}`,
    `--listen-client-urls=http://127.0.0.1:${ports.etcdClient}`,
    `--advertise-client-urls=http://127.0.0.1:${ports.etcdClient}`,
    `--listen-peer-urls=http://127.0.0.1:${ports.etcdPeer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${ports.etcdPeer}`,
    `--initial-cluster=default=http://127.0.0.1:${ports.etcdPeer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ],
  'kube-apiserver': (layout) => [
    `--etcd-servers=http://127.0.0.1:${layout.ports.etcdClient}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${layout.ports.apiServer}`,
    `--cert-dir=${join(layout.directory, 'certificates')}`,
    `--service-account-key-file=${layout.serviceAccountKey}`,
    `--service-account-signing-key-file=${layout.serviceAccountKey}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--token-auth-file=${layout.tokenFile}`,
    '--authorization-mode=Node,RBAC',
    '--service-cluster-ip-range=10.0.0.0/24',
    '--allow-privileged=true',
    // Names of nodes are in no DNS.
    '--kubelet-preferred-address-types=InternalIP',
    // A loopback address is not a valid endpoint, so the `kubernetes` Service goes without any.
    '--endpoint-reconciler-type=none',
  ],
  'kube-controller-manager': (layout) => [
    `--kubeconfig=${layout.kubeconfig}`,
    `--service-account-private-key-file=${layout.serviceAccountKey}`,
    `--root-ca-file=${servingCertificate(layout)}`,
    '--use-service-account-credentials=true',
    '--leader-elect=false',
    '--secure-port=0',
    ...(layout.controllerRate === undefined
      ? []
      : [`--kube-api-qps=${layout.controllerRate}`, `--kube-api-burst=${layout.controllerRate}`]),
  ],
  'kube-scheduler': ({ kubeconfig }) => [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--secure-port=0'],
  kwok: ({ kubeconfig, ports, stages }) => [
    `--kubeconfig=${kubeconfig}`,
    '--manage-all-nodes=false',
    // Nodes of real kubelets may stand beside the pretended ones.
    `--manage-nodes-with-annotation-selector=${PRETENDED_NODE.key}=${PRETENDED_NODE.value}`,
    '--node-lease-duration-seconds=40',
    `--server-address=127.0.0.1:${ports.kwok}`,
    ...stages.map((stage) => `--config=${stage}`),
  ],
};
