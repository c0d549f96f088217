import { createHash } from 'node:crypto';
import type { Manifest } from '../manifest.ts';
import { HTTP_PORT, type InstallOptions, MOUNTS, nameOf, selectorOf } from './options.ts';

/** Any that is not root; the image has no user of its own. */
const USER = 65_532;

/** What the kubelet says of where the pod is: an overlay of kustomize may have put it elsewhere, and changes no arguments. */
const NAMESPACE_VARIABLE = 'POD_NAMESPACE';

/** By measurement: under 90 MB when idle. */
const REQUESTS = { cpu: '50m', memory: '128Mi' };

/** Pods that are not ready, as where a Git host is away, hold up no drain: they keep nothing going. */
const BUDGET = { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' };

/** The agent's configuration, its Deployment, and what keeps one of its pods through a drain. */
export function workload(options: InstallOptions): readonly Manifest[] {
  const { namespace, config, knownHosts, replicas } = options;
  const name = nameOf(options);
  const metadata = { name, namespace };
  const data = { 'agent.yml': config, ...(knownHosts !== undefined && { known_hosts: knownHosts }) };
  const selector = { matchLabels: selectorOf(options) };
  return [
    ...(config === undefined ? [] : [{ apiVersion: 'v1', kind: 'ConfigMap', metadata, data }]),
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas, selector, template: template(options) } },
    ...(replicas > 1
      ? [{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec: { ...BUDGET, selector } }]
      : []),
  ];
}

function template(options: InstallOptions) {
  const name = nameOf(options);
  return {
    metadata: {
      labels: selectorOf(options),
      annotations: {
        ...configHash(options),
        'prometheus.io/scrape': 'true',
        'prometheus.io/port': `${HTTP_PORT}`,
      },
    },
    spec: {
      serviceAccountName: name,
      enableServiceLinks: false,
      ...(options.imagePullSecret !== undefined && { imagePullSecrets: [{ name: options.imagePullSecret }] }),
      // Nodes of Windows have no taint everywhere, and the image is for Linux.
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      securityContext: {
        runAsNonRoot: true,
        runAsUser: USER,
        runAsGroup: USER,
        fsGroup: USER,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [container(options)],
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: selectorOf(options) },
        },
      ],
      volumes: volumesOf(options).map(({ volume }) => volume),
    },
  };
}

function container(options: InstallOptions) {
  return {
    name: 'agent',
    image: options.image,
    args: [
      ...['--config', `${MOUNTS.config}/agent.yml`, '--namespace', `$(${NAMESPACE_VARIABLE})`],
      ...['--name', options.name],
      ...['--http-port', `${HTTP_PORT}`, '--leader-election'],
    ],
    env: [{ name: NAMESPACE_VARIABLE, valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }],
    ports: [{ name: 'http', containerPort: HTTP_PORT }],
    livenessProbe: probe('/healthz', 30),
    readinessProbe: probe('/readyz', 10),
    resources: { requests: REQUESTS, limits: { memory: options.memoryLimit } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: volumesOf(options).map(mountOf),
  };
}

function mountOf({ mountPath, volume }: ReturnType<typeof volumesOf>[number]) {
  return { name: volume.name, mountPath, ...('emptyDir' in volume ? {} : { readOnly: true }) };
}

/** Another configuration is another roll-out. */
function configHash({ config, knownHosts = '' }: InstallOptions) {
  return config === undefined
    ? {}
    : { 'sluice.dev/config': createHash('sha256').update(config).update(knownHosts).digest('hex') };
}

function probe(path: string, periodSeconds: number) {
  return { httpGet: { path, port: 'http' }, periodSeconds, timeoutSeconds: 5 };
}

function volumesOf(options: InstallOptions) {
  const secrets = [
    { name: 'git', secretName: options.tokenSecret, mountPath: MOUNTS.token },
    { name: 'verify', secretName: options.verifySecret, mountPath: MOUNTS.verify },
    { name: 'nudge', secretName: options.nudgeSecret, mountPath: MOUNTS.nudge },
    { name: 'report', secretName: options.reportSecret, mountPath: MOUNTS.report },
    { name: 'report-token', secretName: options.reportTokenSecret, mountPath: MOUNTS.reportToken },
    { name: 'age', secretName: options.ageSecret, mountPath: MOUNTS.age },
  ];
  return [
    { mountPath: MOUNTS.config, volume: { name: 'config', configMap: { name: nameOf(options) } } },
    { mountPath: MOUNTS.state, volume: { name: 'state', emptyDir: {} } },
    { mountPath: MOUNTS.temporary, volume: { name: 'temporary', emptyDir: {} } },
    ...secrets.flatMap(({ name, secretName, mountPath }) =>
      secretName === undefined ? [] : [{ mountPath, volume: { name, secret: { secretName } } }],
    ),
  ];
}
