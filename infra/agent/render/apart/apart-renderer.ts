import type { ChildProcess } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { messageOf, SluiceError } from '../../../../shared/errors.ts';
import type { ChartOptions } from '../chart.ts';
import type { RenderCache } from '../render-cache.ts';
import type { Rendered, RenderedObject } from '../rendered-object.ts';
import type { Tools } from '../tools.ts';
import { fromSent, toSend } from './errors.ts';
import type {
  FromProcess,
  ObjectRef,
  RendererReply,
  RendererRequest,
  RenderTask,
  Result,
  TextPiece,
  ToProcess,
} from './messages.ts';
import { joined, Packer, type TextParts } from './pieces.ts';
import type { RenderProcesses } from './render-processes.ts';

/** What a process that renders works with, and how far it may go. */
export interface ApartOptions {
  readonly processes: RenderProcesses;
  readonly tools: Tools;
  readonly memory: RenderCache;
  readonly charts: Pick<ChartOptions, 'capabilities' | 'chartMemory'>;
  /** Of its heap. */
  readonly memoryBytes: number;
  /** For all of a rendering. */
  readonly deadlineMillis: number;
  readonly commands: RenderTask['commands'];
}

const MEBIBYTE = 1024 * 1024;
/** Of what it says on its way out, the end. */
const COMPLAINT_CHARACTERS = 4096;
const OUT_OF_MEMORY = /out of memory|allocation failed/i;
const SUBJECT = 'rendering';

/**
 * Renders one working tree in a process of its own: what it holds may be made to take any time and memory, and neither
 * this process nor what else it renders must notice. The process starts at once, and is told what is remembered, so that
 * it is there when the files are.
 */
export class ApartRenderer {
  readonly #child: ChildProcess;
  readonly #options: ApartOptions;
  readonly #ended = new AbortController();
  readonly #texts = new Map<string, TextParts>();
  readonly #reminded: Promise<void>;
  readonly #result = Promise.withResolvers<Rendered>();
  #complaint = '';

  constructor(options: ApartOptions) {
    this.#options = options;
    this.#child = options.processes.take(options.memoryBytes);
    // It may end before anybody waits for it.
    this.#result.promise.catch(() => {});
    this.#child.on('message', (message: FromProcess) => this.#receive(message));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-COMPLAINT_CHARACTERS);
    });
    this.#child.on('error', (error) => this.#result.reject(crashed(messageOf(error))));
    this.#child.on('close', (status, by) => this.#result.reject(this.#crash(`${status ?? by}`)));
    options.memory.begin();
    this.#reminded = this.#remind();
  }

  /** @throws SluiceError `render-failed` where it takes more than it may */
  async render(task: Omit<RenderTask, 'commands'>): Promise<Rendered> {
    const { commands, deadlineMillis } = this.#options;
    const timer = setTimeout(() => this.#result.reject(tooLate(deadlineMillis)), deadlineMillis);
    try {
      await this.#reminded;
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
      case 'read':
        this.#add(message.texts);
        break;
      case 'done':
        this.#result.resolve(this.#rendered(message.result));
        this.#options.memory.end();
        break;
      case 'failed':
        this.#result.reject(fromSent(message.error));
        break;
    }
  }

  #add(texts: readonly TextPiece[]): void {
    for (const piece of texts) {
      const [key] = piece;
      const text = joined(this.#texts.get(key), piece);
      const { objects, size = 0, secrets } = text;
      this.#texts.set(key, text);
      if (secrets !== undefined) {
        this.#options.memory.keep(key, { objects, size, secrets });
      }
    }
  }

  async #answer(id: number, question: RendererRequest): Promise<void> {
    try {
      this.#send({ is: 'answer', id, value: await this.#valueOf(question) });
    } catch (error) {
      this.#send({ is: 'refusal', id, error: toSend(error) });
    }
  }

  async #valueOf(question: RendererRequest): Promise<RendererReply> {
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
    const packer = new Packer();
    const tell = async (texts: readonly TextPiece[]) => {
      this.#send({ is: 'remembered', texts });
      await setImmediate();
    };
    for (const [key, text] of this.#options.memory.remembered()) {
      for (const texts of packer.add(key, text)) {
        await tell(texts);
      }
    }
    for (const texts of packer.rest()) {
      await tell(texts);
    }
  }

  async #runTool({ tool, call }: RendererRequest & { readonly is: 'tool' }): Promise<string> {
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
    return (this.#texts.get(key) ?? this.#options.memory.recall(key)).objects;
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
