import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '../daemon.ts';
import { debianPath } from '../parts.ts';
import type { BuiltImage } from './built-image.ts';
import { runCommand } from './command.ts';

const run = promisify(execFile);

/** Seconds that a container lives at most: the kernel does not end one with the test that began it. */
const LIFETIME_SECONDS = 60;

/** Of one that is the first process itself. */
const FIRST_LIFETIME_MILLIS = 10_000;

/** One at a time. */
const CONTAINER = `sluice-${process.pid}`;

/** How a command of a container ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The parts of an OCI runtime's config.json that are set here. */
interface RuntimeConfig {
  process: { args: string[]; terminal: boolean; noNewPrivileges: boolean; capabilities: object };
  root: { path: string; readonly: boolean };
  mounts: { destination: string; type: string; source: string; options: string[] }[];
  linux: { resources?: object };
}

/** An image that is unpacked and can be run, each container as a pod of the agent's: a root that is read only, no capability, no new privilege. */
export class Bundle {
  readonly #directory: string;
  readonly #config: RuntimeConfig;

  private constructor(directory: string) {
    this.#directory = directory;
    this.#config = JSON.parse(readFileSync(join(directory, 'bundle', 'config.json'), 'utf8')) as RuntimeConfig;
  }

  static async unpack({ layout }: BuiltImage): Promise<Bundle> {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-bundle-'));
    await runCommand(debianPath('umoci'), ['unpack', '--image', layout, join(directory, 'bundle')]);
    return new Bundle(directory);
  }

  /** Where its files are, with their owners. */
  get root(): string {
    return join(this.#directory, 'bundle', 'rootfs');
  }

  /** What it runs when it is not told: its entry point and its command. */
  get command(): readonly string[] {
    return this.#config.process.args;
  }

  /** Runs a command in a container of its own, in a network of its own, and waits for its end. */
  async run(command: readonly string[]): Promise<Ended> {
    this.#configure(['timeout', String(LIFETIME_SECONDS), ...command]);
    return this.#runc(...this.#start());
  }

  /**
   * Runs a command likewise, as the first process of its container: the kernel keeps signals from that one which it
   * does not listen for, and gives it the orphans.
   *
   * @param signal sent as soon as it runs: `TERM`; nothing where it is left out
   * @returns how it ended, with code 137 where it had to be killed after its time
   */
  async runFirst(command: readonly string[], signal?: string): Promise<Ended> {
    this.#configure([...command]);
    const ended = this.#runc(...this.#start());
    const isRunning = async () => (await this.#runc('state', CONTAINER)).stdout.includes('"status": "running"');
    if (signal !== undefined) {
      await waitFor('the container runs', isRunning, { timeoutMillis: 10_000 });
      await this.#runc('kill', CONTAINER, signal);
    }
    const late = setTimeout(() => this.#runc('kill', CONTAINER, 'KILL'), FIRST_LIFETIME_MILLIS);
    return ended.finally(() => clearTimeout(late));
  }

  #start(): readonly string[] {
    return ['run', '--bundle', join(this.#directory, 'bundle'), CONTAINER];
  }

  /** Has the next container run this. */
  #configure(args: string[]): void {
    const { process, root, mounts, linux } = this.#config;
    const tmp = { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'mode=1777'] };
    const config = {
      ...this.#config,
      process: { ...process, args, terminal: false, noNewPrivileges: true, capabilities: {} },
      root: { ...root, readonly: true },
      mounts: [...mounts.filter(({ destination }) => destination !== '/sys/fs/cgroup'), tmp],
      linux: { ...linux, resources: undefined },
    };
    writeFileSync(join(this.#directory, 'bundle', 'config.json'), JSON.stringify(config));
  }

  async #runc(...words: readonly string[]): Promise<Ended> {
    try {
      const { stdout, stderr } = await run(debianPath('runc'), ['--root', join(this.#directory, 'state'), ...words]);
      return { code: 0, stdout, stderr };
    } catch (error) {
      const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
      if (typeof code !== 'number') throw error;
      return { code, stdout, stderr };
    }
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true });
  }
}
