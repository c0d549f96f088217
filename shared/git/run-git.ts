import { messageOf, SluiceError } from '../errors.ts';
import { underMemoryLimit } from '../process/memory-limit.ts';
import { type Ending, type Run, run } from '../process/run.ts';
import { AGENT_ADVICE } from './advice.ts';
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
  /** What git may write to of memory, and each process of its; anything where it is left out. */
  readonly memoryBytes?: number | undefined;
  /** As of a run of any command. */
  readonly isTooMuch?: Run['isTooMuch'];
  readonly outputFile?: Run['outputFile'];
  /** Asked now and then while it runs; what it gives ends the call. */
  readonly fault?: () => Promise<SluiceError | undefined>;
}

const FAULT_CHECK_MILLIS = 200;

/** More than any listing of a repository's files that a person could want. */
const MAX_OUTPUT_BYTES = 512 * 1024 * 1024;

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
  // What is larger goes through in pieces: a blob of zeros that is nothing when packed would fill the memory.
  'core.bigFileThreshold=8m',
  'core.deltaBaseCacheLimit=32m',
];
/** Has `ulimit`. */
const SHELL = '/bin/sh';
/** The shell's, where there is no such command: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html */
const NO_SUCH_COMMAND = 127;

/**
 * Runs git and gives what it wrote.
 *
 * @throws SluiceError with a `git-…` code; what git said is in it, without credentials
 */
export async function runGit(call: GitCall): Promise<Buffer> {
  const broken = new AbortController();
  const checks = setInterval(async () => {
    const fault = await call.fault?.().catch(() => undefined);
    if (fault !== undefined) {
      broken.abort(fault);
    }
  }, FAULT_CHECK_MILLIS);
  const limits = call.memoryBytes === undefined ? [] : underMemoryLimit(SHELL, call.memoryBytes, 'git');
  const [command, ...line] = [...limits, 'git', ...SWITCHES.flatMap((one) => ['-c', one]), ...call.arguments];
  try {
    return outputOf(
      call,
      await run({
        command: command ?? '',
        arguments: line,
        directory: call.directory,
        environment: {
          // biome-ignore lint/style/noProcessEnv: where programs are found is the machine's, not a setting of ours
          PATH: process.env['PATH'] ?? '',
          HOME: call.directory,
          GIT_DIR: call.directory,
          ...ISOLATION,
          ...call.environment,
        },
        input: call.input,
        timeoutMillis: call.timeoutMillis,
        outputBytes: MAX_OUTPUT_BYTES,
        isTooMuch: call.isTooMuch,
        outputFile: call.outputFile,
        signal: broken.signal,
      }),
    );
  } finally {
    clearInterval(checks);
  }
}

function outputOf(call: GitCall, ending: Ending): Buffer {
  if (ending.is === 'timed-out') {
    throw failure(call, 'git-unavailable', `no answer within ${call.timeoutMillis / 1000} s`, true);
  }
  if (ending.is === 'too-much') {
    throw failure(call, 'git-refused', `more than ${MAX_OUTPUT_BYTES} bytes of output`, false);
  }
  if (ending.is === 'not-started') {
    throw notStarted(call, ending.cause);
  }
  const { status, output, complaint } = ending;
  if (status === 0) {
    return output;
  }
  if (status === NO_SUCH_COMMAND && call.memoryBytes !== undefined) {
    throw notStarted(call, Object.assign(new Error(complaint.trim()), { code: 'ENOENT' }));
  }
  // `push --porcelain` tells on its output why a branch was refused.
  const said = call.arguments.includes('--porcelain') ? `${complaint}${output.toString('utf8')}` : complaint;
  // The command is run by the agent alone; functions speak to hosts by themselves.
  throw classify(call.subject, said, status, AGENT_ADVICE);
}

/** No git on this machine, which no retry mends; else no directory to run it in, or no memory or handles just now. */
function notStarted(call: GitCall, cause: unknown): SluiceError {
  const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
  return failure(call, 'git-unavailable', `git did not start (${messageOf(cause)})`, !isMissing);
}

function failure(
  { subject }: GitCall,
  code: 'git-unavailable' | 'git-refused',
  found: string,
  retryable: boolean,
): SluiceError {
  return new SluiceError({ code, subject, expected: 'an answer of git', found, retryable });
}
