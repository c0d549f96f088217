import type { Capabilities } from '../../cluster/capabilities.ts';
import { RenderBudget } from '../budget.ts';
import type { ChartOptions } from '../chart.ts';
import { readManifests } from '../manifests.ts';
import { digestOf, type ReadText, type RememberedText } from '../memory.ts';
import { render } from '../render.ts';
import type { RenderedObject, RenderFailure } from '../rendered.ts';
import type { Tools } from '../tools.ts';
import { fromSent, toSend } from './errors.ts';
import type { Answer, FromProcess, ObjectRef, Question, Task, ToProcess } from './messages.ts';
import { inPieces } from './pieces.ts';

/** Of objects that are none of a text as it was read. */
const MADE = 'made';

/**
 * The process that renders one revision. It reads what strangers wrote, and may be ended at any time: it starts no
 * process itself, tools are run by its parent.
 */
class RenderProcess {
  readonly #refs = new WeakMap<RenderedObject, ObjectRef>();
  readonly #answers = new Map<number, PromiseWithResolvers<Answer>>();
  readonly #remembered = new Map<string, RememberedText>();
  #asked = 0;
  #made = 0;

  async receive(message: ToProcess): Promise<void> {
    if (message.is === 'task') {
      await this.#render(message.task).catch(async (error: unknown) => {
        await send({ is: 'failed', error: toSend(error) });
      });
      process.disconnect();
      return;
    }
    if (message.is === 'remembered') {
      for (const [key, objects, secrets] of message.texts) {
        const before = this.#remembered.get(key) ?? { objects: [], secrets: [] };
        const text = { objects: before.objects.concat(objects), secrets: before.secrets.concat(secrets) };
        this.#remembered.set(key, text);
      }
      return;
    }
    const answer = this.#answers.get(message.id);
    this.#answers.delete(message.id);
    if (message.is === 'answer') {
      answer?.resolve(message.value);
    } else {
      answer?.reject(fromSent(message.error));
    }
  }

  async #render({ directory, paths, commands, limits, ...options }: Task): Promise<void> {
    const tools: Tools = {
      command: (tool) => commands[tool],
      run: async (tool, call) => (await this.#ask({ is: 'tool', tool, call })) as string,
    };
    const budget = new RenderBudget(limits);
    const read = this.#reader(budget);
    const { objects, skipped, failures, ...rest } = await render(directory, paths, {
      ...options,
      ...{ tools, read, maxFileBytes: limits.maxSize, ...this.#charts() },
    });
    budget.takeSecrets(rest.secrets);
    const result = { ...rest, objects: await this.#refsOf(objects), skipped: await this.#refsOf(skipped) };
    await send({ is: 'done', result: { ...result, failures: shortened(failures) } });
  }

  #charts(): Pick<ChartOptions, 'capabilities' | 'chartMemory'> {
    return {
      // What its parent sends is what it asks for.
      capabilities: async () => (await this.#ask({ is: 'capabilities' })) as Capabilities,
      chartMemory: {
        recall: async (release, digest) =>
          (await this.#ask({ is: 'recall-chart', release, digest })) as string | undefined,
        keep: async (release, digest, text) => {
          await this.#ask({ is: 'keep-chart', release, digest, text });
        },
      },
    };
  }

  #reader(budget: RenderBudget): ReadText {
    return async (text, options) => {
      const key = digestOf(text, options);
      const remembered = this.#remembered.get(key);
      if (remembered !== undefined) {
        this.#remember(key, remembered.objects);
        return budget.reader(async () => ({ ...remembered, failures: [] }))(text, options);
      }
      const found = await budget.reader(readManifests)(text, options);
      await this.#tell(key, found.objects);
      // What failed may succeed the next time, and what was passed over is told of each time.
      if (found.failures.length === 0 && found.isPassedOver !== true) {
        await send({ is: 'whole', key, secrets: found.secrets });
      }
      return found;
    };
  }

  async #ask(question: Question): Promise<Answer> {
    this.#asked += 1;
    const answer = Promise.withResolvers<Answer>();
    this.#answers.set(this.#asked, answer);
    await send({ is: 'question', id: this.#asked, question });
    return answer.promise;
  }

  async #tell(key: string, objects: readonly RenderedObject[], from = 0): Promise<void> {
    this.#remember(key, objects, from);
    for (const piece of inPieces(objects)) {
      await send({ is: 'objects', key, objects: piece });
    }
  }

  #remember(key: string, objects: readonly RenderedObject[], from = 0): void {
    for (const [index, object] of objects.entries()) {
      this.#refs.set(object, [key, from + index]);
    }
  }

  /** An object that is none of those that were told already is told now. */
  async #refsOf(objects: readonly RenderedObject[]): Promise<readonly ObjectRef[]> {
    const made = objects.filter((object) => !this.#refs.has(object));
    await this.#tell(MADE, made, this.#made);
    this.#made += made.length;
    return objects.map((object) => this.#refs.get(object)).filter((ref) => ref !== undefined);
  }
}

/** More than that nobody reads, and each goes into a report. */
const MOST_FAILURES = 500;
/** Likewise, in characters: a reason may quote a name of any length. */
const LONGEST_REASON = 1000;

function shortened(failures: readonly RenderFailure[]): readonly RenderFailure[] {
  const more = failures.length - MOST_FAILURES;
  const shown = failures.slice(0, MOST_FAILURES).map(({ subject, reason }) => ({
    subject,
    reason: reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)}…` : reason,
  }));
  return more > 0 ? [...shown, { subject: 'rendering', reason: `${more} more failures` }] : shown;
}

/** Waits until it is on its way: what is told must not gather here. */
async function send(message: FromProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  process.send?.(message, undefined, undefined, (error) => (error === null ? resolve() : reject(error)));
  await promise;
}

const own = new RenderProcess();
process.on('message', (message: ToProcess) => void own.receive(message));
// Whoever asked for it is gone.
process.on('disconnect', () => process.exit());
