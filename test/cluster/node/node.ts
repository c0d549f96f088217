import { join } from 'node:path';
import { type Daemon, waitFor } from '../daemon.ts';
import { debianPath, partPath } from '../parts.ts';
import { SANDBOX_IMAGE, writeConfiguration } from './files.ts';
import { writeSandboxArchive } from './images.ts';
import { type Machine, startMachine } from './machine.ts';
import type { NodeOptions } from './options.ts';

/** The processes that make a node. */
type NodePart = 'containerd' | 'kubelet';

const startTimeoutMillis = 90_000;
const stopGraceMillis = 5000;

/** A Kubernetes node of real parts: kubelet, containerd and runc, in namespaces of its own. */
export class RealNode {
  readonly name: string;
  /** Where the node is reached from the test, its NodePorts included. */
  readonly address: string;
  readonly #options: NodeOptions;
  readonly #machine: Machine;
  readonly #running = new Map<NodePart, Daemon>();

  private constructor(options: NodeOptions, machine: Machine) {
    this.name = options.name;
    this.address = options.addresses.nodes[options.index] ?? '';
    this.#options = options;
    this.#machine = machine;
  }

  /** Starts a node; resolves when it is Ready. */
  static async start(options: NodeOptions): Promise<RealNode> {
    writeConfiguration(options);
    await writeSandboxArchive(join(options.directory, 'sandbox.tar'), SANDBOX_IMAGE);
    const machine = await startMachine(options);
    const node = new RealNode(options, machine);
    try {
      await node.#startAll();
    } catch (error) {
      await node.stop();
      throw error;
    }
    return node;
  }

  /** Directory with `containerd.log` and `kubelet.log`; gone after the end. */
  get logDirectory(): string {
    return this.#machine.logDirectory;
  }

  /** The process id that a part has now; throws when it is not running. */
  pid(part: NodePart): number {
    return this.#daemon(part).pid;
  }

  /** Runs a command in the node's namespaces, such as `ctr -n k8s.io containers ls`; rejects unless it exits with 0. */
  run(command: string, ...commandLine: readonly string[]): Promise<string> {
    return this.#machine.run(command, ...commandLine);
  }

  /** Ends a part as a crash would (SIGKILL), or by SIGTERM; the pods go on. */
  async end(part: NodePart, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const daemon = this.#daemon(part);
    this.#running.delete(part);
    await (signal === 'SIGKILL' ? daemon.kill() : daemon.stop(stopGraceMillis));
  }

  /** Starts a part that was ended; resolves when containerd answers, or at once with kubelet. */
  async start(part: NodePart): Promise<void> {
    if (this.#running.has(part)) throw new Error(`${part}: expected it to have been ended, found it running`);
    if (part === 'containerd') await this.#startContainerd();
    else await this.#startKubelet();
  }

  /** Whether the API server sees the node as Ready. */
  async isReady(): Promise<boolean> {
    const { status } = (await this.#options.cluster.api.get(`/api/v1/nodes/${this.name}`)) as NodeObject;
    return status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
  }

  /** Ends the node with all its pods as a power cut would; the Node object stays. Safe to call twice. */
  stop(): Promise<void> {
    return this.#machine.stop();
  }

  async #startAll(): Promise<void> {
    await this.#startContainerd();
    await this.run(debianPath('ctr'), '-n', 'k8s.io', 'images', 'import', join(this.#options.directory, 'sandbox.tar'));
    await this.#startKubelet();
    await waitFor(`node ${this.name} is Ready`, () => this.isReady(), this.#patience());
  }

  async #startContainerd(): Promise<void> {
    const configuration = join(this.#options.directory, 'containerd.toml');
    await this.#start('containerd', debianPath('containerd'), ['--config', configuration]);
    await waitFor('containerd answers', () => this.run(debianPath('ctr'), 'version'), this.#patience());
  }

  async #startKubelet(): Promise<void> {
    const { directory, name } = this.#options;
    await this.#start('kubelet', partPath('kubelet'), [
      `--config=${join(directory, 'kubelet.json')}`,
      `--kubeconfig=${join(directory, 'kubeconfig')}`,
      `--hostname-override=${name}`,
      `--node-ip=${this.address}`,
    ]);
  }

  async #start(part: NodePart, command: string, commandLine: readonly string[]): Promise<void> {
    this.#running.set(part, await this.#machine.start({ name: part, command, arguments: commandLine }));
  }

  #daemon(part: NodePart): Daemon {
    const found = this.#running.get(part);
    if (!found) throw new Error(`${part} of ${this.name}: expected it to be running, found that it was ended`);
    return found;
  }

  #patience() {
    return { timeoutMillis: startTimeoutMillis, daemons: [...this.#running.values()] };
  }
}

interface NodeObject {
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}
