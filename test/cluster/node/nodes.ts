import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ControlPlane } from '../control-plane.ts';
import { waitFor } from '../daemon.ts';
import { partPath } from '../parts.ts';
import { makeRunFolder } from '../run-folder.ts';
import { MAX_NODES, type NodeAddresses } from './addresses.ts';
import { makeCgroups, removeCgroups } from './cgroups.ts';
import { impersonatingKubeconfig, kubeProxyConfiguration } from './configuration.ts';
import { type Machine, startMachine } from './machine.ts';
import { connect } from './network.ts';
import { RealNode } from './node.ts';
import { type Relay, startRelay } from './relay.ts';
import { missingForNode } from './requirements.ts';

/** How many nodes, and what they reach of the test's side. */
export interface NodesOptions {
  /** 1 to 3, called `real-0` and so on; default 1. */
  readonly count?: number;
  /** `127.0.0.1:PORT` of each registry that images are pulled from, over plain HTTP; references name it just so. */
  readonly registries?: readonly string[];
}

/** The cluster that the nodes are for; started with `nodes: 0`, or pods go to pretended nodes too. */
type Cluster = Pick<ControlPlane, 'api' | 'token' | 'certificateAuthority' | 'url'>;

const startTimeoutMillis = 60_000;
const folderKind = 'sluice-nodes';

/** Real nodes beside a control plane, in a network of their own that kube-proxy gives Services to. */
export class RealNodes {
  /** Where nodes and pods reach what `expose` opened for them. */
  readonly hostAddress: string;
  /** Directory of everything that the nodes write; its base name is that of their cgroups. Gone after the end. */
  readonly directory: string;
  readonly #network: Machine;
  readonly #addresses: NodeAddresses;
  readonly #relays: Relay[] = [];
  #nodes: readonly RealNode[] = [];

  private constructor(directory: string, network: Machine, addresses: NodeAddresses) {
    this.hostAddress = addresses.host;
    this.directory = directory;
    this.#network = network;
    this.#addresses = addresses;
  }

  /** Removes what a killed run left, then starts the nodes; resolves when they are Ready and `kubernetes.default` leads to the API server. */
  static async start(cluster: Cluster, { count = 1, registries = [] }: NodesOptions = {}): Promise<RealNodes> {
    const missing = missingForNode();
    if (missing !== undefined) throw new Error(missing);
    if (count < 1 || count > MAX_NODES) throw new Error(`nodes: expected 1 to ${MAX_NODES}, found ${count}`);
    const directory = await makeRunFolder(folderKind, removeCgroups);
    const network = await startMachine({ name: 'network', directory: made(directory, 'network') });
    let nodes: RealNodes | undefined;
    try {
      nodes = new RealNodes(directory, network, await connect(network, count));
      await nodes.#startAll(cluster, count, registries);
      return nodes;
    } catch (error) {
      await (nodes ? nodes.stop() : network.stop());
      throw error;
    }
  }

  /** The nodes, in order. */
  get nodes(): readonly RealNode[] {
    return this.#nodes;
  }

  /** The first node. */
  get node(): RealNode {
    const [first] = this.#nodes;
    if (!first) throw new Error('nodes: expected them to be started, found none');
    return first;
  }

  /** Lets nodes and pods reach a server of the test, by the address in return instead of `http://127.0.0.1:PORT`; the path stays. */
  async expose(url: string): Promise<string> {
    const inner = new URL(url);
    this.#relays.push(await startRelay(this.hostAddress, Number(inner.port)));
    return url.replace(inner.host, `${this.hostAddress}:${inner.port}`);
  }

  /** Ends every pod and node and removes what they wrote; the API server's objects stay. Safe to call twice. */
  async stop(): Promise<void> {
    for (const node of this.#nodes) await node.stop();
    await this.#network.stop();
    for (const relay of this.#relays) await relay.close();
    await removeCgroups(basename(this.directory));
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #startAll(cluster: Cluster, count: number, registries: readonly string[]): Promise<void> {
    const server = await this.expose(cluster.url);
    for (const registry of registries) await this.expose(`http://${registry}`);
    await publishApiServer(cluster, server);
    const shared = { network: this.#network, addresses: this.#addresses };
    const names = Array.from({ length: count }, (_, index) => `real-${index}`);
    const started = names.map((name, index) => {
      const place = {
        name,
        index,
        directory: made(this.directory, name),
        cgroup: `${basename(this.directory)}/${name}`,
      };
      makeCgroups(place.cgroup);
      return RealNode.start({ ...shared, ...place, cluster, server, registries });
    });
    const settled = await Promise.allSettled(started);
    this.#nodes = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    for (const result of settled) if (result.status === 'rejected') throw result.reason;
    await this.#startProxy(cluster, server);
  }

  async #startProxy(cluster: Cluster, server: string): Promise<void> {
    const kubeconfig = join(this.directory, 'kube-proxy.kubeconfig');
    const identity = { user: 'system:kube-proxy', groups: ['system:authenticated'] };
    writeFileSync(kubeconfig, impersonatingKubeconfig({ ...cluster, server, ...identity }), { mode: 0o600 });
    const configuration = join(this.directory, 'kube-proxy.json');
    writeFileSync(configuration, kubeProxyConfiguration(kubeconfig, this.#addresses));
    const proxy = await this.#network.start({
      name: 'kube-proxy',
      command: partPath('kube-proxy'),
      arguments: [`--config=${configuration}`, `--hostname-override=${this.node.name}`],
    });
    const leadsToApiServer = async () => {
      const rules = await this.#network.run('iptables', '-t', 'nat', '-S', 'KUBE-SERVICES');
      return rules.includes('default/kubernetes:https');
    };
    await waitFor('kube-proxy knows kubernetes.default', leadsToApiServer, {
      timeoutMillis: startTimeoutMillis,
      daemons: [proxy],
    });
  }
}

/** The API server itself listens on loopback only, which is no endpoint; it is told here by which address it is reached. */
async function publishApiServer({ api }: Cluster, server: string): Promise<void> {
  const { hostname, port } = new URL(server);
  await api.apply('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [hostname], conditions: { ready: true } }],
    ports: [{ name: 'https', port: Number(port), protocol: 'TCP' }],
  });
}

function made(parent: string, name: string): string {
  const directory = join(parent, name);
  mkdirSync(directory);
  return directory;
}
