import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { debianPath } from './parts.ts';

/** What to run and where its output goes; `arguments` are passed as they are, no shell is involved. */
export interface DaemonOptions {
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** Directory of `<name>.log`, which gets stdout and stderr and is appended to when the same name starts again. */
  readonly logDirectory: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether the command runs another one as its only child and ends with it, as `nsenter --pid` does: signals are for that child, and `pid` is its. */
  readonly isWrapper?: boolean;
}

/** A child process of the test, ended only through its own pid. */
export interface Daemon {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** `exit code 1` or `SIGKILL` once it has ended, undefined while it runs. */
  ended(): string | undefined;
  /** Everything that it wrote so far, earlier runs under the same name included. */
  log(): string;
  /** Sends SIGTERM, then SIGKILL after `graceMillis` (default 5000); resolves when the process is gone, at once if it already was. */
  stop(graceMillis?: number): Promise<void>;
  /** Sends SIGKILL, as a crash would look; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** How long to wait for a condition, and on whom: a daemon of the list that ends fails the wait at once. */
export interface WaitOptions {
  readonly timeoutMillis: number;
  readonly daemons?: readonly Daemon[];
}

const pollIntervalMillis = 50;
const logLinesInErrors = 15;

/**
 * Starts a process that the kernel ends (SIGKILL) when the calling thread ends, however that happens.
 * Rejects only when `setpriv` itself is missing; any other missing command shows as a daemon that ended with exit code 127.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const logFile = join(options.logDirectory, `${options.name}.log`);
  const output = openSync(logFile, 'a');
  // An exit handler would miss a killed test runner, and leaked API servers eat the machine; the kernel misses nothing.
  const child = spawn(debianPath('setpriv'), ['--pdeathsig', 'KILL', '--', options.command, ...options.arguments], {
    stdio: ['ignore', output, output],
    env: { ...process.env, ...options.environment },
  });
  closeSync(output);
  await once(child, 'spawn');
  const gone = once(child, 'exit');
  const ended = () => child.signalCode ?? (child.exitCode === null ? undefined : `exit code ${child.exitCode}`);
  const log = () => readFileSync(logFile, 'utf8');
  // A forgotten daemon must not keep the test runner alive; it ends with it.
  child.unref();

  const pid = options.isWrapper ? await wrapped(options.name, child, ended) : child.pid;

  const send = (name: NodeJS.Signals): void => {
    // What was reaped already may be another process by now.
    if (ended() !== undefined) return;
    if (pid === undefined || pid === child.pid) child.kill(name);
    else kill(pid, name);
  };
  const signal = async (name: NodeJS.Signals): Promise<void> => {
    child.ref();
    send(name);
    await gone;
  };
  return {
    name: options.name,
    pid: pid ?? Number.NaN,
    logFile,
    ended,
    log,
    stop: async (graceMillis = 5000) => {
      const timer = setTimeout(() => send('SIGKILL'), graceMillis);
      await signal('SIGTERM').finally(() => clearTimeout(timer));
    },
    kill: () => signal('SIGKILL'),
  };
}

/** The one child of a wrapper; undefined where the wrapper ended before it had one, which its log explains. */
async function wrapped(
  name: string,
  { pid }: ChildProcess,
  ended: () => string | undefined,
): Promise<number | undefined> {
  const firstChild = () => {
    if (ended() !== undefined) return 'none';
    return /^\d+/.exec(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'))?.[0];
  };
  const found = await waitFor(`${name} is started by its wrapper`, firstChild, { timeoutMillis: 10_000 });
  return found === 'none' ? undefined : Number(found);
}

function kill(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended by itself meanwhile, which its wrapper's exit tells.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Polls `probe` until it returns something other than undefined and false, and returns that.
 * A probe that throws counts as "not yet". Throws with the last fault and the daemons' last log lines at the deadline or when a daemon ends.
 */
export async function waitFor<T>(
  what: string,
  probe: () => T | Promise<T>,
  { timeoutMillis, daemons = [] }: WaitOptions,
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + timeoutMillis;
  let lastFault = '';
  for (;;) {
    try {
      const result = await probe();
      if (result !== undefined && result !== false) return result as Exclude<T, undefined | false>;
    } catch (error) {
      lastFault = `; last fault: ${inspect(error, { compact: true, depth: 1 })}`;
    }
    const dead = daemons.find((daemon) => daemon.ended() !== undefined);
    if (dead) throw new Error(`${what}: ${dead.name} ended (${dead.ended()})${lastFault}\n${lastLines([dead])}`);
    if (Date.now() > deadline) {
      throw new Error(`${what}: not so after ${timeoutMillis} ms${lastFault}\n${lastLines(daemons)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pollIntervalMillis));
  }
}

function lastLines(daemons: readonly Daemon[]): string {
  return daemons
    .map(
      (daemon) =>
        `--- ${daemon.name} (${daemon.logFile})\n${daemon.log().trimEnd().split('\n').slice(-logLinesInErrors).join('\n')}`,
    )
    .join('\n');
}
