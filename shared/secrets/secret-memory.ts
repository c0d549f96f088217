import { isRetryable } from '../errors.ts';
import type { Log } from '../log.ts';
import type { SecretReader } from './secrets.ts';

export interface SecretMemoryOptions {
  readonly lifetimeSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/** A host that refuses everything must not make us ask the stores for every message. */
const SECONDS_BETWEEN_REFUSALS = 10;

/** Secrets that are read once in their lifetime, so that a rotation is seen without a restart. */
export class SecretMemory {
  readonly #read: SecretReader;
  readonly #options: SecretMemoryOptions;
  readonly #texts = new Map<string, Promise<string>>();
  #readAt: number;
  /** A text has changed, and nobody was told yet. */
  #isChanged = false;
  #renewing: Promise<void> | undefined;

  constructor(read: SecretReader, options: SecretMemoryOptions) {
    this.#read = read;
    this.#options = options;
    this.#readAt = options.now();
  }

  /** Returns the text as it is remembered; a first time it is read. A field, because it is handed on by itself. */
  readonly read: SecretReader = async (reference) => {
    const known = this.#texts.get(reference);
    if (known !== undefined) {
      return known;
    }
    const text = this.#read(reference);
    this.#texts.set(reference, text);
    text.catch(() => this.#texts.delete(reference));
    return text;
  };

  /**
   * Has a text that was given out changed since this was last asked? Reads all of them again where their lifetime is
   * over. A store that is away keeps what is remembered, with a warning; a secret that is gone or denied counts as
   * changed, and the next read of it fails with its name.
   */
  async changed(): Promise<boolean> {
    await this.#renewAfter(this.#options.lifetimeSeconds);
    const answer = this.#isChanged;
    this.#isChanged = false;
    return answer;
  }

  /**
   * A host refused what it was given: looks for new texts before the lifetime is over, though not all the time.
   *
   * @returns is there another text, so that trying again may help?
   */
  async refused(): Promise<boolean> {
    if (!this.#isChanged) {
      await this.#renewAfter(Math.min(SECONDS_BETWEEN_REFUSALS, this.#options.lifetimeSeconds));
    }
    return this.#isChanged;
  }

  async #renewAfter(seconds: number): Promise<void> {
    if (this.#renewing === undefined && this.#options.now() - this.#readAt >= seconds * 1000) {
      this.#renewing = this.#renewAll().finally(() => {
        this.#renewing = undefined;
      });
    }
    await this.#renewing;
  }

  async #renewAll(): Promise<void> {
    const { now, log } = this.#options;
    this.#readAt = now();
    const all = Array.from(this.#texts, async ([reference, known]) => this.#renew(reference, known));
    const renewed = await Promise.all(all);
    if (renewed.includes(true)) {
      this.#isChanged = true;
      log.info('secrets have changed');
    }
  }

  /** Is it another text by now? */
  async #renew(reference: string, known: Promise<string>): Promise<boolean> {
    try {
      const text = await this.#read(reference);
      this.#texts.set(reference, Promise.resolve(text));
      return text !== (await known);
    } catch (error) {
      if (isRetryable(error)) {
        this.#options.log.warn('secret not read again, the old one is kept', { error });
        return false;
      }
      this.#texts.delete(reference);
      return true;
    }
  }
}
