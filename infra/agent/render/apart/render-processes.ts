import { type ChildProcess, fork } from 'node:child_process';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/** Where the bundle puts the process; elsewhere it is its own source. */
declare const BUNDLED_RENDER_PROCESS: string | undefined;

const MEBIBYTE = 1024 * 1024;
/** One that nobody takes takes memory. */
const EXPECTED_MILLIS = 10_000;

/** A process that waits for a rendering. */
interface Waiting {
  readonly child: ChildProcess;
  readonly memoryBytes: number;
  readonly timer: NodeJS.Timeout;
}

/** Starts the processes that render, one of them ahead of its time where a rendering is expected. */
export class RenderProcesses {
  readonly #start: typeof startRenderProcess;
  #waiting: Waiting | undefined;

  constructor(start = startRenderProcess) {
    this.#start = start;
  }

  /**
   * Has a process start now, so that it is there when the rendering comes. One waits at most, and not for long.
   *
   * @param memoryBytes of its heap
   */
  expect(memoryBytes: number): void {
    if (this.#waiting !== undefined) {
      return;
    }
    const child = this.#start(memoryBytes);
    const timer = setTimeout(() => child.kill('SIGKILL'), EXPECTED_MILLIS).unref();
    const forget = () => {
      clearTimeout(timer);
      if (this.#waiting?.child === child) {
        this.#waiting = undefined;
      }
    };
    child.once('error', forget).once('exit', forget);
    hold(child, false);
    this.#waiting = { child, memoryBytes, timer };
  }

  /** Gives the process that was expected, or starts one. */
  take(memoryBytes: number): ChildProcess {
    if (this.#waiting?.memoryBytes !== memoryBytes) {
      return this.#start(memoryBytes);
    }
    const { child, timer } = this.#waiting;
    clearTimeout(timer);
    this.#waiting = undefined;
    hold(child, true);
    return child;
  }
}

/** From its sources it starts three times as fast where Node finds them compiled. */
const COMPILED = new URL('../../../../node_modules/.cache/node-compile', import.meta.url);

function startRenderProcess(memoryBytes: number): ChildProcess {
  const [file, env] =
    typeof BUNDLED_RENDER_PROCESS === 'string'
      ? [BUNDLED_RENDER_PROCESS, {}]
      : ['./render-process.ts', { NODE_COMPILE_CACHE: fileURLToPath(COMPILED) }];
  return fork(new URL(file, import.meta.url), {
    // Nothing of this process's own.
    env,
    execArgv: [`--max-old-space-size=${Math.ceil(memoryBytes / MEBIBYTE)}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

/** One that only waits must not keep this process from its end. */
function hold(child: ChildProcess, isHeld: boolean): void {
  const { stderr } = child;
  for (const handle of [child, child.channel, stderr instanceof Socket ? stderr : undefined]) {
    if (isHeld) {
      handle?.ref();
    } else {
      handle?.unref();
    }
  }
}
