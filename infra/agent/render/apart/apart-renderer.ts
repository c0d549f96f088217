import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { messageOf, SluiceError } from '../../../../shared/errors.ts';
import type { ChartOptions } from '../chart.ts';
import type { RenderMemory } from '../memory.ts';
import type { Rendered, RenderedObject } from '../rendered.ts';
import type { Tools } from '../tools.ts';
import { fromSent, toSend } from './errors.ts';
import type { Answer, FromProcess, ObjectRef, Question, Result, Task, ToProcess } from './messages.ts';
import { rememberedPieces } from './pieces.ts';

/** What a process that renders works with, and how far it may go. */
export interface ApartOptions {
  readonly tools: Tools;
  readonly memory: RenderMemory;
  readonly charts: Pick<ChartOptions, 'capabilities' | 'chartMemory'>;
  /** Of its heap. */
  readonly memoryBytes: number;
  /** For all of a rendering. */
  readonly deadlineMillis: number;
  readonly commands: Task['commands'];
}

/** Where the bundle puts the process; elsewhere it is its own source. */
declare const BUNDLED_RENDER_PROCESS: string | undefined;

const MEBIBYTE = 1024 * 1024;
/** Of what it says on its way out, the end. */
const COMPLAINT_CHARACTERS = 4096;
const OUT_OF_MEMORY = /out of memory|allocation failed/i;
const SUBJECT = 'rendering';

function start(memoryBytes: number): ChildProcess {
  const file = typeof BUNDLED_RENDER_PROCESS === 'string' ? BUNDLED_RENDER_PROCESS : './render-process.ts';
  const child = fork(new URL(file, import.meta.url), {
    env: {},
    execArgv: [`--max-old-space-size=${Math.ceil(memoryBytes / MEBIBYTE)}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  lowerPriority(child.pid);
  return child;
}

/** Where there is one processor, this process has the lease to keep and probes to answer. */
function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) {
      setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
    }
  } catch {
    // It goes on as it is; or it has ended, and says so elsewhere.
  }
}

/**
 * Renders one working tree in a process of its own: what it holds may be made to take any time and memory, and neither
 * this process nor what else it renders must notice. The process starts at once, so that it is there when the files are.
 */
export class ApartRenderer {
  readonly #child: ChildProcess;
  readonly #options: ApartOptions;
  readonly #ended = new AbortController();
  readonly #texts = new Map<string, RenderedObject[]>();
  readonly #result = Promise.withResolvers<Rendered>();
  #complaint = '';

  constructor(options: ApartOptions) {
    this.#options = options;
    this.#child = start(options.memoryBytes);
    // It may end before anybody waits for it.
    this.#result.promise.catch(() => {});
    this.#child.on('message', (message: FromProcess) => this.#receive(message));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-COMPLAINT_CHARACTERS);
    });
    this.#child.on('error', (error) => this.#result.reject(crashed(messageOf(error))));
    this.#child.on('close', (status, by) => this.#result.reject(this.#crash(`${status ?? by}`)));
  }

  /** @throws SluiceError `render-failed` where it takes more than it may */
  async render(task: Omit<Task, 'commands'>): Promise<Rendered> {
    const { memory, commands, deadlineMillis } = this.#options;
    const timer = setTimeout(() => this.#result.reject(tooLate(deadlineMillis)), deadlineMillis);
    memory.next();
    try {
      await this.#remind();
      this.#send({ is: 'task', task: { ...task, commands } });
      return await this.#result.promise;
    } finally {
      clearTimeout(timer);
      this.end();
    }
  }

  /** Ends the process, and the tools that it asked for. */
  end(): void {
    this.#ended.abort(new SluiceError({ code: 'render-failed', subject: SUBJECT, found: 'it was ended' }));
    this.#child.kill('SIGKILL');
  }

  #receive(message: FromProcess): void {
    switch (message.is) {
      case 'question':
        void this.#answer(message.id, message.question);
        break;
      case 'objects':
        this.#add(message.key, message.objects);
        break;
      case 'whole':
        this.#options.memory.keep(message.key, {
          objects: this.#texts.get(message.key) ?? [],
          secrets: message.secrets,
        });
        break;
      case 'done':
        this.#result.resolve(this.#rendered(message.result));
        break;
      case 'failed':
        this.#result.reject(fromSent(message.error));
        break;
    }
  }

  #add(key: string, objects: readonly RenderedObject[]): void {
    const told = this.#texts.get(key) ?? [];
    this.#texts.set(key, told);
    for (const object of objects) {
      told.push(object);
    }
  }

  async #answer(id: number, question: Question): Promise<void> {
    try {
      this.#send({ is: 'answer', id, value: await this.#valueOf(question) });
    } catch (error) {
      this.#send({ is: 'refusal', id, error: toSend(error) });
    }
  }

  async #valueOf(question: Question): Promise<Answer> {
    const { capabilities, chartMemory } = this.#options.charts;
    if (question.is === 'tool') {
      return this.#runTool(question);
    }
    if (question.is === 'capabilities') {
      return capabilities();
    }
    if (question.is === 'recall-chart') {
      return chartMemory.recall(question.release, question.digest);
    }
    await chartMemory.keep(question.release, question.digest, question.text);
    return undefined;
  }

  /** Tells what is remembered in pieces: what else this process has to do comes in between. */
  async #remind(): Promise<void> {
    for (const texts of rememberedPieces(this.#options.memory.remembered())) {
      this.#send({ is: 'remembered', texts });
      await setImmediate();
    }
  }

  async #runTool({ tool, call }: Question & { readonly is: 'tool' }): Promise<string> {
    return this.#options.tools.run(tool, { ...call, signal: this.#ended.signal });
  }

  #send(message: ToProcess): void {
    // One that has ended takes nothing, and has said why.
    this.#child.send(message, () => {});
  }

  #rendered({ objects, skipped, ...rest }: Result): Rendered {
    const find = ([key, index]: ObjectRef) => this.#objectsOf(key)[index] ?? [];
    return { ...rest, objects: objects.flatMap(find), skipped: skipped.flatMap(find) };
  }

  /** Of a text that was told now, or that is remembered and is one of this rendering too. */
  #objectsOf(key: string): readonly RenderedObject[] {
    return this.#texts.get(key) ?? this.#options.memory.recall(key).objects;
  }

  #crash(end: string): SluiceError {
    return OUT_OF_MEMORY.test(this.#complaint)
      ? outOfMemory(this.#options.memoryBytes)
      : crashed(`the process that renders ended with ${end}`);
  }
}

function crashed(found: string): SluiceError {
  return new SluiceError({ code: 'render-failed', subject: SUBJECT, found, retryable: true });
}

function outOfMemory(bytes: number): SluiceError {
  return new SluiceError({
    code: 'render-failed',
    subject: SUBJECT,
    expected: `at most ${Math.ceil(bytes / MEBIBYTE)} MiB of memory to read manifests in`,
    found: 'more',
    next: 'Split the source, or raise --render-memory.',
  });
}

function tooLate(millis: number): SluiceError {
  return new SluiceError({
    code: 'render-failed',
    subject: SUBJECT,
    expected: `all of the source within ${millis / 1000} s`,
    found: 'more',
    next: 'Split the source, or raise --render-deadline.',
  });
}
