import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What a piece of work took. */
export interface Cost {
  readonly millis: number;
  readonly cpuMillis: number;
  /** The most memory that its process had at once. */
  readonly peakMegabytes: number;
  /** To the API server. */
  readonly requests: number;
}

/** What a process has taken so far; its memory is in megabytes. */
export interface Usage {
  readonly cpuMillis: number;
  readonly peakMegabytes: number;
  readonly megabytes: number;
}

const LOOK_MILLIS = 10;
/** Of the kernel, to user space: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const TICKS_PER_SECOND = 100;
const UTIME = 11;

/** Undefined for a process that has ended. @see https://docs.kernel.org/filesystems/proc.html */
export function usageOf(pid: number | undefined): Usage | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
    // The name of the command, in brackets, may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const ticks = Number(fields[UTIME]) + Number(fields[UTIME + 1]);
    const usage = {
      cpuMillis: (ticks / TICKS_PER_SECOND) * 1000,
      peakMegabytes: megabytes('VmHWM'),
      megabytes: megabytes('VmRSS'),
    };
    return Number.isNaN(usage.peakMegabytes) ? undefined : usage;
  } catch {
    return undefined;
  }
}

/** What a command wrote, and what it took. */
export interface Ran extends Omit<Cost, 'requests'> {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end, and looks at what it takes. @throws Error with what it wrote where it fails */
export async function runMeasured(command: string, commandLine: readonly string[]): Promise<Ran> {
  const started = performance.now();
  const child = spawn(command, commandLine, { stdio: ['ignore', 'pipe', 'pipe'] });
  const written = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    written.stderr += text;
  });
  let usage: Usage = { cpuMillis: 0, peakMegabytes: 0, megabytes: 0 };
  const timer = setInterval(() => {
    usage = usageOf(child.pid) ?? usage;
  }, LOOK_MILLIS);
  const ended = Promise.withResolvers<number | null>();
  child.once('error', ended.reject).once('close', ended.resolve);
  const code = await ended.promise.finally(() => clearInterval(timer));
  if (code !== 0) {
    throw new Error(`${command}: expected status 0, found ${code}: ${written.stderr.slice(-2000)}`);
  }
  return { ...written, ...usage, millis: performance.now() - started };
}
