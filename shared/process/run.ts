import { type ChildProcess, spawn } from 'node:child_process';
import { BothEnds } from './both-ends.ts';

/** One run of a command, without a shell. */
export interface Run {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly directory: string;
  /** All of it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly input?: string | Buffer | undefined;
  readonly timeoutMillis: number;
  /** Of what it writes. */
  readonly outputBytes: number;
  /** Sees each piece of it; once it says true, the command has written too much. */
  readonly isTooMuch?: ((piece: Buffer) => boolean) | undefined;
  /** An open file that takes what it writes, in the place of memory; without a limit. */
  readonly outputFile?: number | undefined;
  /** Ends it before its time. */
  readonly signal?: AbortSignal | undefined;
}

/** How a run ended. */
export type Ending =
  /** With an exit status, or by a signal. */
  | {
      readonly is: 'ended';
      readonly status: number | null;
      readonly signal: string | null;
      readonly output: Buffer;
      /** Of a long one its beginning and its end. */
      readonly complaint: string;
    }
  | { readonly is: 'not-started'; readonly cause: unknown }
  /** It took longer, or wrote more, than it may, and was killed. */
  | { readonly is: 'timed-out' }
  | { readonly is: 'too-much' };

/** Runs a command to its end; what it started itself ends with it. @throws the signal's reason */
export async function run(call: Run): Promise<Ending> {
  const { promise, resolve, reject } = Promise.withResolvers<Ending>();
  const child = start(call);
  if ('is' in child) {
    return child;
  }
  const kill = (ending: Ending) => {
    endGroup(child.pid);
    resolve(ending);
  };
  const abort = () => {
    endGroup(child.pid);
    reject(call.signal?.reason);
  };
  const timer = setTimeout(() => kill({ is: 'timed-out' }), call.timeoutMillis);
  call.signal?.addEventListener('abort', abort);
  const output: Buffer[] = [];
  const complaint = new BothEnds();
  let bytes = 0;
  // Without a handle left there is a child without streams, and then this.
  child.on('error', (cause) => resolve({ is: 'not-started', cause }));
  child.stdout?.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > call.outputBytes || call.isTooMuch?.(chunk) === true) {
      kill({ is: 'too-much' });
    }
    output.push(chunk);
  });
  child.stderr?.on('data', (chunk: Buffer) => complaint.add(chunk));
  child.on('close', (status, signal) =>
    resolve({
      is: 'ended',
      status,
      signal,
      output: Buffer.concat(output),
      complaint: complaint.text(),
    }),
  );
  // A child that has ended does not take its input; its exit status says why.
  child.stdin?.on('error', () => {});
  child.stdin?.end(call.input);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    call.signal?.removeEventListener('abort', abort);
  }
}

function start({ command, arguments: line, directory, environment, outputFile }: Run): ChildProcess | Ending {
  try {
    // A group of its own, so that the helpers that it starts end with it.
    return spawn(command, line, {
      cwd: directory,
      env: environment,
      detached: true,
      stdio: ['pipe', outputFile ?? 'pipe', 'pipe'],
    });
  } catch (cause) {
    return { is: 'not-started', cause };
  }
}

/** Ends a process that was started detached, and the helpers that it started. */
export function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) {
      process.kill(-pid, 'SIGKILL');
    }
  } catch {
    // It has ended by itself.
  }
}
