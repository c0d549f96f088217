import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import type { ControlPlane } from '../../cluster/control-plane.ts';
import { kubectl } from '../installation.ts';

const CLI = fileURLToPath(new URL('../../../infra/cli/main.ts', import.meta.url));

/** https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ */
const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The least that an API server lets a kubelet ask for; the kubelet replaces a token after four fifths of it. */
export const TOKEN_SECONDS = 600;
/** An agent of its own folder whose pod has a token of ten minutes from its kubelet, as others have one of an hour. */
export interface ExpiringAgent {
  readonly pod: string;
  /** The token that it began with. */
  readonly token: string;
}

/** What an API server says in a token of a pod. */
interface Claims {
  readonly iat: number;
  readonly exp: number;
  readonly 'kubernetes.io': { readonly pod: { readonly name: string } };
}

interface Place {
  readonly url: string;
  readonly image: string;
  /** Where its configuration is written. */
  readonly directory: string;
  readonly node: string;
}

/** Installs it on a node; resolves when it is ready. */
export async function installExpiring(cluster: ControlPlane, place: Place): Promise<ExpiringAgent> {
  const config = join(place.directory, 'expiring.yml');
  const source = { url: place.url, paths: ['expiring'], pollInterval: '2s', marker: false };
  writeFileSync(config, JSON.stringify({ sources: [source] }));
  const flags = ['--name', 'expiring', '--config', config, '--target-namespace', 'default', '--image', place.image];
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'install', ...flags, '--replicas', '1']);
  await kubectl(cluster, ['apply', '-f', '-'], withShortToken(stdout, place.node));
  const rollout = ['rollout', 'status', 'deployment/sluice-agent-expiring', '-n', 'sluice', '--timeout=3m'];
  await kubectl(cluster, rollout);
  const { name, uid } = await onlyPod(cluster);
  return { pod: uid, token: await tokenOf(cluster, name) };
}

/** The token that a pod has now. */
export async function tokenOf(cluster: ControlPlane, pod: string): Promise<string> {
  return (await kubectl(cluster, ['exec', pod, '-n', 'sluice', '--', 'cat', `${MOUNT}/token`])).trim();
}

/** The agent's only pod. */
export async function onlyPod(cluster: ControlPlane) {
  const selector = 'app.kubernetes.io%2Finstance%3Dexpiring';
  const { items } = (await cluster.api.get(`/api/v1/namespaces/sluice/pods?labelSelector=${selector}`)) as {
    readonly items: readonly {
      readonly metadata: { readonly name: string; readonly uid: string };
      readonly status: { readonly containerStatuses?: readonly { readonly restartCount: number }[] };
    }[];
  };
  const [pod, ...others] = items;
  if (pod === undefined || others.length > 0) throw new Error(`expected one pod, found ${items.length}`);
  const { name, uid } = pod.metadata;
  return { name, uid, restarts: pod.status.containerStatuses?.[0]?.restartCount };
}

/** What a token says in its middle part: https://www.rfc-editor.org/rfc/rfc7519 */
export function claimsOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Claims;
}

interface Installable {
  readonly kind: string;
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly nodeSelector: object;
        readonly volumes: object[];
        readonly containers: readonly { readonly volumeMounts: object[] }[];
      };
    };
  };
}

/** The same manifests, with the token that a kubelet puts into each pod asked for by the pod, for a shorter time. */
function withShortToken(manifests: string, node: string): string {
  const sources = [
    { serviceAccountToken: { path: 'token', expirationSeconds: TOKEN_SECONDS } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
  ];
  const objects = parseAllDocuments(manifests).map((document): Installable => document.toJS());
  for (const { spec } of objects.filter(({ kind }) => kind === 'Deployment')) {
    const pod = spec.template.spec;
    Object.assign(pod, { automountServiceAccountToken: false });
    Object.assign(pod.nodeSelector, { 'kubernetes.io/hostname': node });
    pod.volumes.push({ name: 'account', projected: { sources } });
    for (const { volumeMounts } of pod.containers) {
      volumeMounts.push({ name: 'account', mountPath: MOUNT, readOnly: true });
    }
  }
  return objects.map((object) => JSON.stringify(object)).join('\n---\n');
}
