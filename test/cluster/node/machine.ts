import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Daemon, type DaemonOptions, startDaemon, waitFor } from '../daemon.ts';
import { debianPath } from '../parts.ts';

/** What a machine is called, where its files lie, and whose network it is in. */
interface MachineOptions {
  readonly name: string;
  /** Existing directory; the machine's own directories and its logs are made in it. */
  readonly directory: string;
  /** A machine whose network this one shares; a network of its own where it is left out. */
  readonly network?: Machine;
}

/**
 * A set of namespaces (processes, mounts, network, host name, IPC) that one process holds. Its end, however it comes, makes the kernel
 * end every process inside, and with the last of them go mounts, interfaces and packet filters: nothing has to be undone.
 */
export interface Machine {
  readonly name: string;
  /** Process id, outside, of the first process inside. */
  readonly pid: number;
  readonly logDirectory: string;
  /** Starts a process inside; signals reach it, and it ends with the machine or with the caller. */
  start(options: Omit<DaemonOptions, 'logDirectory' | 'isWrapper'>): Promise<Daemon>;
  /** Runs a command inside to its end and returns what it printed; rejects unless it exits with 0. */
  run(command: string, ...commandLine: readonly string[]): Promise<string>;
  /** Ends everything inside as a power cut would (SIGKILL); resolves when all of it is gone. */
  stop(): Promise<void>;
}

const execute = promisify(execFile);

/** Directories whose fixed names containerd, its shims, CNI and kubelet write below: each machine has its own of them. */
const OWN_DIRECTORIES = ['/run', '/var/lib', '/var/log', '/opt'] as const;

/**
 * Settings of the kernel that kubelet asks for, and would else make on the whole machine: inside, it finds them made.
 * (https://github.com/kubernetes/kubernetes/blob/v1.35.4/pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables)
 */
const OWN_SETTINGS = {
  '/proc/sys/vm/overcommit_memory': '1',
  '/proc/sys/vm/panic_on_oom': '0',
  '/proc/sys/kernel/panic': '10',
  '/proc/sys/kernel/panic_on_oops': '1',
  '/proc/sys/kernel/keys/root_maxkeys': '1000000',
  '/proc/sys/kernel/keys/root_maxbytes': '25000000',
} as const;

/** Daemons find Debian's commands for root, and ask no proxy: all that they reach is near. */
const ENVIRONMENT = { PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, NO_PROXY: '*' };

/** Runs inside before anything else: $1 is the machine's directory, the rest are the paths to replace. */
const MOUNT_OWN_PATHS = `
set -e
own=$1; shift
for path; do mount --bind "$own$path" "$path"; done
ip link set lo up
exec "$TINI" -- sleep infinity`;

/** Makes the namespaces and resolves when they can be entered. */
export async function startMachine({ name, directory, network }: MachineOptions): Promise<Machine> {
  const logDirectory = join(directory, 'logs');
  for (const own of ['logs', ...OWN_DIRECTORIES]) mkdirSync(join(directory, own), { recursive: true });
  for (const [path, value] of Object.entries(OWN_SETTINGS)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), value);
  }
  const shared = network ? [debianPath('nsenter'), `--net=/proc/${network.pid}/ns/net`] : [];
  const namespaces = ['--mount', '--uts', '--ipc', '--pid', ...(network ? [] : ['--net'])];
  const script = ['sh', '-c', MOUNT_OWN_PATHS, 'machine', directory, ...OWN_DIRECTORIES, ...Object.keys(OWN_SETTINGS)];
  const [command = '', ...commandLine] = [
    ...shared,
    debianPath('unshare'),
    ...namespaces,
    '--fork',
    '--kill-child=KILL',
    '--mount-proc',
    ...script,
  ];
  const holder = await startDaemon({
    name: 'machine',
    command,
    arguments: commandLine,
    logDirectory,
    environment: { ...ENVIRONMENT, TINI: debianPath('tini') },
    isWrapper: true,
  });
  const enter = ['--target', String(holder.pid), '--mount', '--uts', '--ipc', '--pid', '--net', '--'];
  const run = async (program: string, ...its: readonly string[]): Promise<string> => {
    const { stdout } = await execute(debianPath('nsenter'), [...enter, program, ...its], {
      env: { ...process.env, ...ENVIRONMENT },
      maxBuffer: 64 << 20,
    });
    return stdout;
  };
  await waitFor(`${name} is set up`, async () => (await run('cat', '/proc/1/comm')).trim() === 'tini', {
    timeoutMillis: 10_000,
    daemons: [holder],
  });
  return {
    name,
    pid: holder.pid,
    logDirectory,
    start: (options) =>
      startDaemon({
        ...options,
        command: debianPath('nsenter'),
        arguments: [...enter, options.command, ...options.arguments],
        logDirectory,
        environment: { ...ENVIRONMENT, ...options.environment },
        isWrapper: true,
      }),
    run,
    stop: () => holder.kill(),
  };
}
