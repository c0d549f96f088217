import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { listenOnLoopback } from '../../infra/local/loopback.ts';
import { debianPath } from '../cluster/parts.ts';

export interface SandboxOptions {
  readonly functionName: string;
  readonly arn: string;
  /** `functions/receive-push/handler.handler` */
  readonly handler: string;
  /** Where the zip is unpacked. */
  readonly directory: string;
  /** All that the function sees: nothing of this process's. */
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  /** The file of AWS's runtime interface client. */
  readonly runtimeClient: string;
  /** Takes each line that the function writes. */
  readonly write: (line: string) => void;
}

/** What an invocation comes to. */
export interface Outcome {
  /** JSON: the result, or `{ errorType, errorMessage }`. */
  readonly payload: string;
  readonly failed: boolean;
}

/** One execution environment of a function: a process that takes one invocation at a time. */
export interface Sandbox {
  /** Milliseconds from its start until it asked for its first event. @throws Error where it ends before */
  initMillis(): Promise<number>;
  /** What it took of the machine so far. */
  usage(): Usage;
  /** @param qualifier the alias that the function is invoked by */
  invoke(payload: string, qualifier?: string): Promise<Outcome>;
  isAlive(): boolean;
  /** SIGKILL, as a crash of its machine; what is in flight fails. */
  kill(): Promise<void>;
}

/** What a process has taken of the machine. */
export interface Usage {
  /** On all cores, of all its threads that live. */
  readonly cpuMillis: number;
  /** The most memory that it had at once. */
  readonly peakMegabytes: number;
}

interface InFlight {
  readonly id: string;
  /** By which it is invoked. */
  readonly arn: string;
  readonly payload: string;
  readonly deadline: number;
  readonly settle: (outcome: Outcome) => void;
}

const RUNTIME_API = '/2018-06-01/runtime';
/** Of the function's memory, as AWS's own start script gives to the heap. */
const HEAP_SHARE = 0.9;

/**
 * Starts a packaged function under AWS's Node runtime client, and answers that client as Lambda does.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  let waiting: InFlight | undefined;
  let running: InFlight | undefined;
  let poll: ServerResponse | undefined;
  const initialized = Promise.withResolvers<number>();

  const hand = () => {
    if (poll === undefined || waiting === undefined) {
      return;
    }
    const [response, invocation] = [poll, waiting];
    [running, waiting, poll] = [invocation, undefined, undefined];
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': invocation.id,
      'lambda-runtime-deadline-ms': String(invocation.deadline),
      'lambda-runtime-invoked-function-arn': invocation.arn,
      'lambda-runtime-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0',
    });
    response.end(invocation.payload);
  };
  const settle = (outcome: Outcome) => {
    const settled = running ?? waiting;
    [running, waiting] = [undefined, undefined];
    settled?.settle(outcome);
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? '';
    if (path === `${RUNTIME_API}/invocation/next`) {
      initialized.resolve(performance.now() - started);
      poll = response;
      hand();
      return;
    }
    const payload = await text(request);
    if (path === `${RUNTIME_API}/invocation/${running?.id}/response`) {
      settle({ payload, failed: false });
    } else if (path === `${RUNTIME_API}/invocation/${running?.id}/error` || path === `${RUNTIME_API}/init/error`) {
      settle({ payload, failed: true });
    }
    response.writeHead(202).end();
  };
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const { host, close } = await listenOnLoopback(server, 0);
  const started = performance.now();
  const child = start(options, host);
  const gone = once(child, 'exit').then(async () => {
    settle(failure('Runtime.ExitError', `Runtime exited with ${child.signalCode ?? `status ${child.exitCode}`}`));
    await close();
  });
  let isEnded = false;
  void gone.then(() => {
    isEnded = true;
  });
  const kill = async () => {
    isEnded = true;
    child.kill('SIGKILL');
    await gone;
  };
  return {
    async initMillis() {
      const tooEarly = gone.then(() => {
        throw new Error(`${options.functionName}: expected it to ask for an event, found it ended`);
      });
      return Promise.race([initialized.promise, tooEarly]);
    },
    usage: () => usageOf(child.pid),
    isAlive: () => !isEnded,
    kill,
    async invoke(payload, qualifier) {
      const id = randomUUID();
      const millis = options.timeoutSeconds * 1000;
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      if (isEnded) {
        return failure('Runtime.ExitError', 'Runtime exited');
      }
      const arn = qualifier === undefined ? options.arn : `${options.arn}:${qualifier}`;
      waiting = { id, arn, payload, deadline: Date.now() + millis, settle: resolve };
      // Lambda ends the environment of a function that is not done in time, and so does this.
      const timer = setTimeout(() => {
        settle(
          failure(
            'Sandbox.Timedout',
            `RequestId: ${id} Error: Task timed out after ${options.timeoutSeconds}.00 seconds`,
          ),
        );
        void kill();
      }, millis);
      hand();
      return promise.finally(() => clearTimeout(timer));
    },
  };
}

function start(options: SandboxOptions, runtimeApi: string): ChildProcess {
  const { functionName, handler, directory, environment, memoryMegabytes, runtimeClient, write } = options;
  const node = [process.execPath, `--max-old-space-size=${Math.floor(memoryMegabytes * HEAP_SHARE)}`, runtimeClient];
  const child = spawn(debianPath('setpriv'), ['--pdeathsig', 'KILL', '--', ...node, handler], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...environment,
      _HANDLER: handler,
      LAMBDA_TASK_ROOT: directory,
      AWS_LAMBDA_RUNTIME_API: runtimeApi,
      AWS_LAMBDA_FUNCTION_NAME: functionName,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
      AWS_LAMBDA_LOG_STREAM_NAME: 'test',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      TZ: ':UTC',
      // There is no git on Lambda; here neither.
      PATH: directory,
    },
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', write);
  }
  child.unref();
  return child;
}

/** @see https://docs.kernel.org/filesystems/proc.html and https://docs.kernel.org/scheduler/sched-stats.html */
function usageOf(pid: number | undefined): Usage {
  const cpuNanos = readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const [onCpu = ''] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    return sum + Number(onCpu);
  }, 0);
  const [, peakKilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return { cpuMillis: cpuNanos / 1e6, peakMegabytes: Number(peakKilobytes) / 1024 };
}

function failure(errorType: string, errorMessage: string): Outcome {
  return { payload: JSON.stringify({ errorType, errorMessage }), failed: true };
}
