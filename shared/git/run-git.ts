import { spawn } from 'node:child_process';
import { messageOf, SluiceError } from '../errors.ts';
import { classify } from './failure.ts';

/** One call of the git command. */
export interface GitCall {
  /** After `git`; never a secret: other users of the machine can read it. */
  readonly arguments: readonly string[];
  /** The bare repository; no other is looked for. */
  readonly directory: string;
  /** Credentials and switches that must not be arguments. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  readonly timeoutMillis: number;
  /** What errors are about: `repository https://git.example.com/hello.git`. */
  readonly subject: string;
  /** Asked now and then while it runs; what it gives ends the call. */
  readonly fault?: () => Promise<SluiceError | undefined>;
}

const FAULT_CHECK_MILLIS = 200;

/** More than any listing of a repository's files that a person could want. */
const MAX_OUTPUT_BYTES = 512 * 1024 * 1024;
/** More than any reason that git gives; the rest is let go. */
const MAX_COMPLAINT_BYTES = 64 * 1024;

/** Nothing of the machine's or the user's set-up, no prompts, no hooks, no transport that runs commands. */
export const ISOLATION: Readonly<Record<string, string>> = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ALLOW_PROTOCOL: 'http:https:ssh:file',
  GIT_NO_LAZY_FETCH: '1',
  GIT_OPTIONAL_LOCKS: '0',
  // `:(top)k8s` and `k*` are names of files.
  GIT_LITERAL_PATHSPECS: '1',
  GIT_ASKPASS: '',
  SSH_ASKPASS: '',
  LC_ALL: 'C',
  TZ: 'UTC',
};

const SWITCHES = [
  'core.hooksPath=/dev/null',
  'gc.auto=0',
  'maintenance.auto=false',
  // Credentials are for the host that was named.
  'http.followRedirects=false',
  // A commit is a handful of objects; threads cost more than they bring.
  'pack.threads=1',
];

/**
 * Runs git and gives what it wrote.
 *
 * @throws SluiceError with a `git-…` code; what git said is in it, without credentials
 */
export async function runGit(call: GitCall): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const child = start(call);
  const timer = setTimeout(() => {
    endGroup(child.pid);
    reject(failure(call, 'git-unavailable', `no answer within ${call.timeoutMillis / 1000} s`, true));
  }, call.timeoutMillis);
  const checks = setInterval(async () => {
    const fault = await call.fault?.().catch(() => undefined);
    if (fault !== undefined) {
      endGroup(child.pid);
      reject(fault);
    }
  }, FAULT_CHECK_MILLIS);
  const output: Buffer[] = [];
  const complaints: Buffer[] = [];
  let bytes = 0;
  let complaintBytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_OUTPUT_BYTES) {
      endGroup(child.pid);
      reject(failure(call, 'git-refused', `more than ${MAX_OUTPUT_BYTES} bytes of output`, false));
    }
    output.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaintBytes += chunk.length;
    if (complaintBytes <= MAX_COMPLAINT_BYTES) {
      complaints.push(chunk);
    }
  });
  child.on('error', (cause) => reject(notStarted(call, cause)));
  child.on('close', (status) => {
    if (status === 0) {
      resolve(Buffer.concat(output));
      return;
    }
    // `push --porcelain` tells on its output why a branch was refused.
    const said = `${Buffer.concat(complaints).toString('utf8')}${call.arguments.includes('--porcelain') ? Buffer.concat(output).toString('utf8') : ''}`;
    reject(classify(call.subject, said, status));
  });
  // A child that has ended does not take its input; its exit status says why.
  child.stdin.on('error', () => {});
  child.stdin.end(call.input);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    clearInterval(checks);
  }
}

function start(call: GitCall) {
  try {
    return spawn('git', [...SWITCHES.flatMap((one) => ['-c', one]), ...call.arguments], {
      cwd: call.directory,
      env: {
        // biome-ignore lint/style/noProcessEnv: where programs are found is the machine's, not a setting of ours
        PATH: process.env['PATH'] ?? '',
        HOME: call.directory,
        GIT_DIR: call.directory,
        ...ISOLATION,
        ...call.environment,
      },
      // A group of its own, so that the helpers that git starts end with it.
      detached: true,
    });
  } catch (cause) {
    throw notStarted(call, cause);
  }
}

/** No git on this machine, which no retry mends; else no directory to run it in, or no memory or handles just now. */
function notStarted(call: GitCall, cause: unknown): SluiceError {
  const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
  return failure(call, 'git-unavailable', `git did not start (${messageOf(cause)})`, !isMissing);
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

function failure(
  { subject }: GitCall,
  code: 'git-unavailable' | 'git-refused',
  found: string,
  retryable: boolean,
): SluiceError {
  return new SluiceError({ code, subject, expected: 'an answer of git', found, retryable });
}
