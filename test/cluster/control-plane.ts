import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ControlPlaneLayout,
  PRETENDED_NODE,
  partArguments,
  servingCertificate,
  servingKey,
  startOrder,
} from './control-plane-commands.ts';
import { type Daemon, startDaemon, waitFor } from './daemon.ts';
import { freePort } from './free-port.ts';
import { type KubeApi, kubeApi } from './kube-api.ts';
import { partPath } from './parts.ts';
import { makeRunFolder } from './run-folder.ts';
import { type StageOptions, stageFiles, unpullableImageStage } from './stages.ts';

/** How large and how hostile the cluster is. */
export interface ControlPlaneOptions extends StageOptions {
  /** Number of pretended nodes, `node-0` and so on; default 1. With 0 there is no kwok: nodes come from `RealNodes.start`. */
  readonly nodes?: number;
  /** Requests a second of the controllers; 20 where it is left out, which hundreds of Deployments wait for. */
  readonly controllerRate?: number;
  /** jq regular expression over image references: pods with a matching image never become Ready (`ImagePullBackOff`). */
  readonly unpullableImages?: string;
}

/** One of the processes that make up the control plane. */
type ControlPlanePart = (typeof startOrder)[number];

/** A running Kubernetes control plane with RBAC, service accounts and pretended kubelets, on loopback only. */
export interface ControlPlane {
  /** Path of a kubeconfig with the administrator's token and the CA. */
  readonly kubeconfig: string;
  /** `https://127.0.0.1:PORT`. */
  readonly url: string;
  /** The administrator's bearer token (group `system:masters`). */
  readonly token: string;
  /** The CA that the API server's certificate verifies with, in PEM. */
  readonly certificateAuthority: string;
  /** Directory with one `<part>.log` for each part; gone after `stop`. */
  readonly logDirectory: string;
  /** A raw client as the administrator. */
  readonly api: KubeApi;
  /** The process id that a part has now; throws when it is not running. */
  pid(part: ControlPlanePart): number;
  /** Ends a part as a crash would (SIGKILL) and resolves when it is gone; the others go on. */
  crash(part: ControlPlanePart): Promise<void>;
  /** Starts a crashed part again on the same ports and data; resolves when the API server answers /readyz. */
  revive(part: ControlPlanePart): Promise<void>;
  /** Ends every part and removes the directory; safe to call twice. */
  stop(): Promise<void>;
}

const startTimeoutMillis = 60_000;
const stopGraceMillis = 2000;

/** Starts etcd, the API server, the controller manager, the scheduler and kwok; resolves when all nodes are Ready (about 5 s). */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const layout = await prepareLayout(options);
  const token = randomBytes(16).toString('hex');
  writeFileSync(layout.tokenFile, `${token},admin,admin,"system:masters"\n`, { mode: 0o600 });
  const url = `https://127.0.0.1:${layout.ports.apiServer}`;
  const logDirectory = join(layout.directory, 'logs');
  const running = new Map<ControlPlanePart, Daemon>();

  const start = async (part: ControlPlanePart): Promise<void> => {
    const command = { name: part, command: partPath(part), arguments: partArguments[part](layout), logDirectory };
    running.set(part, await startDaemon(command));
  };
  const ready = <T>(what: string, probe: () => Promise<T>) =>
    waitFor(what, probe, { timeoutMillis: startTimeoutMillis, daemons: [...running.values()] });
  const daemon = (part: ControlPlanePart): Daemon => {
    const found = running.get(part);
    if (!found) throw new Error(`${part}: expected it to be running, found that it was ended`);
    return found;
  };
  const stop = async (): Promise<void> => {
    for (const part of startOrder.toReversed()) await running.get(part)?.stop(stopGraceMillis);
    rmSync(layout.directory, { recursive: true, force: true });
  };

  try {
    await start('etcd');
    await start('kube-apiserver');
    // It writes the key after the certificate, neither of them at once: with the key there the certificate is whole.
    await ready('kube-apiserver writes its key', async () => existsSync(servingKey(layout)));
    const certificateAuthority = readFileSync(servingCertificate(layout), 'utf8');
    writeFileSync(layout.kubeconfig, printKubeconfig({ url, certificateAuthority }, token), { mode: 0o600 });
    const api = kubeApi(url, token, certificateAuthority);
    const apiReady = () => ready('kube-apiserver answers /readyz', async () => (await api.get('/readyz')) === 'ok');
    await apiReady();
    const { nodes = 1 } = options;
    for (const part of startOrder.slice(2)) if (part !== 'kwok' || nodes > 0) await start(part);
    await createNodes(api, nodes);
    await ready('nodes are Ready', async () => areNodesReady(await api.get('/api/v1/nodes')));
    // Without it the ServiceAccount admission plugin refuses every pod.
    await ready('the default service account exists', () =>
      api.get('/api/v1/namespaces/default/serviceaccounts/default'),
    );

    return {
      kubeconfig: layout.kubeconfig,
      url,
      token,
      certificateAuthority,
      logDirectory,
      api,
      pid: (part) => daemon(part).pid,
      crash: async (part) => {
        await daemon(part).kill();
        running.delete(part);
      },
      revive: async (part) => {
        if (running.has(part)) throw new Error(`${part}: expected it to have crashed, found it running`);
        await start(part);
        await apiReady();
      },
      stop: async () => {
        await api.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function prepareLayout(options: ControlPlaneOptions): Promise<ControlPlaneLayout> {
  const stages = [...stageFiles(options)];
  const directory = await makeRunFolder('sluice-control-plane');
  mkdirSync(join(directory, 'logs'));
  const serviceAccountKey = join(directory, 'service-account.key');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(serviceAccountKey, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  if (options.unpullableImages !== undefined) {
    const stage = join(directory, 'pod-image-unpullable.yaml');
    writeFileSync(stage, unpullableImageStage(options.unpullableImages));
    stages.push(stage);
  }
  return {
    directory,
    kubeconfig: join(directory, 'kubeconfig'),
    tokenFile: join(directory, 'tokens.csv'),
    serviceAccountKey,
    controllerRate: options.controllerRate,
    ports: {
      etcdClient: await freePort(),
      etcdPeer: await freePort(),
      apiServer: await freePort(),
      kwok: await freePort(),
    },
    stages,
  };
}

/** A kubeconfig for whom a token is of. JSON is YAML: every Kubernetes client reads this. */
export function printKubeconfig(
  { url: server, certificateAuthority }: Pick<ControlPlane, 'url' | 'certificateAuthority'>,
  token: string,
): string {
  const data = Buffer.from(certificateAuthority).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': data } }],
    users: [{ name: 'bearer', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'bearer' } }],
    'current-context': 'test',
  });
}

async function createNodes(api: KubeApi, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `node-${index}`);
  for (const name of names) {
    const annotations = { [PRETENDED_NODE.key]: PRETENDED_NODE.value };
    const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
    await api.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name, labels, annotations } });
  }
}

function areNodesReady(list: unknown): boolean {
  const { items } = list as { items: { status?: { conditions?: { type: string; status: string }[] } }[] };
  return items.every((node) =>
    node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
  );
}
