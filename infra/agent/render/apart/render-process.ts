import type { Capabilities } from '../../cluster/capabilities.ts';
import { RenderBudget } from '../budget.ts';
import type { ChartOptions } from '../chart.ts';
import { readManifests } from '../manifests.ts';
import { type ReadText, textDigest } from '../render-cache.ts';
import { renderTree } from '../render-tree.ts';
import type { RenderedObject, RenderFailure } from '../rendered-object.ts';
import type { Tools } from '../tools.ts';
import { fromSent, toSend } from './errors.ts';
import type {
  FromProcess,
  ObjectRef,
  RendererReply,
  RendererRequest,
  RenderTask,
  TextPiece,
  ToProcess,
} from './messages.ts';
import { joined, Packer, type TextParts } from './pieces.ts';

/** Of objects that are none of a text as it was read. */
const MADE = 'made';

/**
 * The process that renders one revision. It reads what strangers wrote, and may be ended at any time: it starts no
 * process itself, tools are run by its parent.
 */
class RenderProcess {
  readonly #refs = new WeakMap<RenderedObject, ObjectRef>();
  readonly #answers = new Map<number, PromiseWithResolvers<RendererReply>>();
  readonly #remembered = new Map<string, TextParts>();
  readonly #packer = new Packer();
  #asked = 0;
  #made = 0;

  async receive(message: ToProcess): Promise<void> {
    if (message.is === 'task') {
      await this.#render(message.task).catch(async (error: unknown) => {
        await sendRead(this.#packer.rest());
        await send({ is: 'failed', error: toSend(error) });
      });
      process.disconnect();
      return;
    }
    if (message.is === 'remembered') {
      for (const piece of message.texts) {
        const [key] = piece;
        this.#remembered.set(key, joined(this.#remembered.get(key), piece));
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

  async #render({ directory, paths, commands, limits, ...options }: RenderTask): Promise<void> {
    const tools: Tools = {
      command: (tool) => commands[tool],
      run: async (tool, call) => (await this.#ask({ is: 'tool', tool, call })) as string,
    };
    const budget = new RenderBudget(limits);
    const read = this.#reader(budget);
    const { objects, skipped, failures, ...rest } = await renderTree(directory, paths, {
      ...options,
      ...{ tools, read, maxFileBytes: limits.maxSize, ...this.#charts() },
    });
    budget.takeSecrets(rest.secrets);
    const result = { ...rest, objects: await this.#refsOf(objects), skipped: await this.#refsOf(skipped) };
    await sendRead(this.#packer.rest());
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
      const key = textDigest(text, options);
      const { objects = [], secrets } = this.#remembered.get(key) ?? {};
      if (secrets !== undefined) {
        this.#remember(key, objects);
        return budget.reader(async () => ({ objects, secrets, failures: [] }))(text, options);
      }
      const found = await budget.reader(readManifests)(text, options);
      // What failed may succeed the next time, and what was passed over is told of each time.
      const isKept = found.failures.length === 0 && found.isPassedOver !== true;
      await this.#tell(key, { ...found, secrets: isKept ? found.secrets : undefined });
      return found;
    };
  }

  async #ask(question: RendererRequest): Promise<RendererReply> {
    this.#asked += 1;
    const answer = Promise.withResolvers<RendererReply>();
    this.#answers.set(this.#asked, answer);
    await send({ is: 'question', id: this.#asked, question });
    return answer.promise;
  }

  async #tell(key: string, text: TextParts, from = 0): Promise<void> {
    this.#remember(key, text.objects, from);
    await sendRead(this.#packer.add(key, text));
  }

  #remember(key: string, objects: readonly RenderedObject[], from = 0): void {
    for (const [index, object] of objects.entries()) {
      this.#refs.set(object, [key, from + index]);
    }
  }

  /** An object that is none of those that were told already is told now. */
  async #refsOf(objects: readonly RenderedObject[]): Promise<readonly ObjectRef[]> {
    const made = objects.filter((object) => !this.#refs.has(object));
    if (made.length > 0) {
      await this.#tell(MADE, { objects: made }, this.#made);
      this.#made += made.length;
    }
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

async function sendRead(messages: Iterable<readonly TextPiece[]>): Promise<void> {
  for (const texts of messages) {
    await send({ is: 'read', texts });
  }
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
