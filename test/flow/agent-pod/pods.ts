import type { ControlPlane } from '../../cluster/control-plane.ts';
import { type Daemon, startDaemon } from '../../cluster/daemon.ts';
import { layerBinary } from '../../cluster/installed-parts.ts';
import { ContainerCgroup } from '../../cluster/node/container-cgroup.ts';
import type { RealNodes } from '../../cluster/node/nodes.ts';
import { kubectl } from '../installation.ts';
import { linesOf } from '../runtime-stage.ts';
import { type Line, readLine } from '../stage.ts';

/** A replica of the agent, as the API server tells of it. */
export interface AgentPod {
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly isReady: boolean;
  readonly restarts: number;
  readonly containerId: string;
  /** How the container before this one ended, in the kubelet's words. */
  readonly lastEnd: { readonly reason: string; readonly exitCode: number } | undefined;
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
    readonly spec: { readonly nodeName?: string };
    readonly status: {
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
      readonly containerStatuses?: readonly {
        readonly restartCount: number;
        readonly containerID?: string;
        readonly lastState: { readonly terminated?: { readonly reason: string; readonly exitCode: number } };
      }[];
    };
  }[];
}

const NAMESPACE = ['-n', 'sluice'];
const LEASE = ['get', 'lease', 'sluice-agent-default', ...NAMESPACE];
const HOLDER = '-o=jsonpath={.spec.holderIdentity}{"\\n"}';

/** The replicas of the agent, and who of them leads. */
export class AgentPods {
  readonly #cluster: ControlPlane;
  readonly #run: string;
  readonly #directory: string;
  readonly #lease: Daemon;
  readonly #started: Daemon[] = [];

  private constructor(cluster: ControlPlane, run: string, directory: string, lease: Daemon) {
    this.#cluster = cluster;
    this.#run = run;
    this.#directory = directory;
    this.#lease = lease;
  }

  /** From now on it is seen who holds the Lease. */
  static async open(cluster: ControlPlane, real: RealNodes, directory: string): Promise<AgentPods> {
    const words = ['--kubeconfig', cluster.kubeconfig, ...LEASE, '--watch', HOLDER];
    const command = { name: 'lease', command: layerBinary('kubectl'), arguments: words, logDirectory: directory };
    return new AgentPods(cluster, real.directory, directory, await startDaemon(command));
  }

  /** Those that stay, by name. */
  async list(): Promise<readonly AgentPod[]> {
    const path = '/api/v1/namespaces/sluice/pods?labelSelector=app.kubernetes.io%2Finstance%3Ddefault';
    const { items } = (await this.#cluster.api.get(path)) as PodList;
    const staying = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return staying
      .map(({ metadata: { name, uid }, spec, status }) => {
        const [container] = status.containerStatuses ?? [];
        return {
          name,
          uid,
          node: spec.nodeName ?? '',
          isReady: status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true,
          restarts: container?.restartCount ?? 0,
          containerId: container?.containerID?.replace('containerd://', '') ?? '',
          lastEnd: container?.lastState.terminated,
        };
      })
      .toSorted((a, b) => a.name.localeCompare(b.name));
  }

  /** The pod that holds the Lease; undefined at a moment when none does. */
  async leader(): Promise<AgentPod | undefined> {
    const holder = await kubectl(this.#cluster, [...LEASE, HOLDER]);
    return (await this.list()).find(({ name }) => name === podOf(holder));
  }

  /** Names of the pods that have held the Lease so far, in turn; empty where one gave it back. */
  holders(): readonly string[] {
    const told = this.#lease.log().split('\n').slice(0, -1);
    return told.filter((holder, index) => holder !== told[index - 1]).map(podOf);
  }

  /** Runs a command in a pod's container and returns what it printed; rejects unless it ends with 0. */
  async run(pod: AgentPod, ...command: readonly string[]): Promise<string> {
    return kubectl(this.#cluster, ['exec', pod.name, ...NAMESPACE, '--', ...command]);
  }

  /** What the kernel counts and ends together: the processes of a pod's container. */
  cgroup({ containerId }: AgentPod): ContainerCgroup {
    return new ContainerCgroup(this.#run, containerId);
  }

  /** Follows a pod's log to its end, which may outlast the pod. */
  async follow(pod: AgentPod): Promise<() => readonly Line[]> {
    const follower = await this.kubectl(pod.name, ['logs', '--follow', pod.name, ...NAMESPACE]);
    return () => linesOf(follower);
  }

  /** Starts kubectl as the administrator; what it says is in its log. */
  async kubectl(name: string, words: readonly string[]): Promise<Daemon> {
    const flags = ['--kubeconfig', this.#cluster.kubeconfig, ...words];
    const command = { name, command: layerBinary('kubectl'), arguments: flags, logDirectory: this.#directory };
    const started = await startDaemon(command);
    this.#started.push(started);
    return started;
  }

  /** The log of a pod so far. */
  async lines(pod: AgentPod): Promise<readonly Line[]> {
    const log = await kubectl(this.#cluster, ['logs', pod.name, ...NAMESPACE]);
    return log
      .split('\n')
      .filter((line) => line !== '')
      .map(readLine);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#lease, ...this.#started].map((daemon) => daemon.kill()));
  }
}

/** A replica's identity is its host's name, which is its pod's, and an id of its own. */
function podOf(identity: string): string {
  return identity.trim().replace(/_[^_]*$/, '');
}
