import { isRetryable } from '../errors.ts';
import type { Log } from '../log.ts';
import type { SecretReader } from './secrets.ts';

/** Secrets that are read once in their lifetime, so that a rotation is seen without a restart. */
export interface SecretMemory {
  /** The text as it is remembered; a first time it is read. */
  readonly read: SecretReader;
  /**
   * Has a text that was given out changed since this was last asked? Reads all of them again where their lifetime is
   * over. A store that is away keeps what is remembered, with a warning; a secret that is gone or denied counts as
   * changed, and the next read of it fails with its name.
   */
  changed(): Promise<boolean>;
  /**
   * A host refused what it was given: looks for new texts before the lifetime is over, though not all the time.
   *
   * @returns is there another text, so that trying again may help?
   */
  refused(): Promise<boolean>;
}

export interface SecretMemoryOptions {
  readonly lifetimeSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/** A host that refuses everything must not make us ask the stores for every message. */
const SECONDS_BETWEEN_REFUSALS = 10;

/** Remembers what a reader reads. */
export function rememberSecrets(read: SecretReader, { lifetimeSeconds, now, log }: SecretMemoryOptions): SecretMemory {
  const texts = new Map<string, Promise<string>>();
  let readAt = now();
  let pending = false;
  let renewing: Promise<void> | undefined;

  const renew = async (reference: string, known: Promise<string>): Promise<boolean> => {
    try {
      const text = await read(reference);
      texts.set(reference, Promise.resolve(text));
      return text !== (await known);
    } catch (error) {
      if (isRetryable(error)) {
        log.warn('secret not read again, the old one is kept', { error });
        return false;
      }
      texts.delete(reference);
      return true;
    }
  };

  const renewAll = async (): Promise<void> => {
    readAt = now();
    const renewed = await Promise.all(Array.from(texts, async ([reference, known]) => renew(reference, known)));
    if (renewed.includes(true)) {
      pending = true;
      log.info('secrets have changed');
    }
  };

  const renewAfter = async (seconds: number): Promise<void> => {
    if (renewing === undefined && now() - readAt >= seconds * 1000) {
      renewing = renewAll().finally(() => {
        renewing = undefined;
      });
    }
    await renewing;
  };

  return {
    async read(reference) {
      const known = texts.get(reference);
      if (known !== undefined) {
        return known;
      }
      const text = read(reference);
      texts.set(reference, text);
      text.catch(() => texts.delete(reference));
      return text;
    },
    async changed() {
      await renewAfter(lifetimeSeconds);
      const answer = pending;
      pending = false;
      return answer;
    },
    async refused() {
      if (!pending) {
        await renewAfter(Math.min(SECONDS_BETWEEN_REFUSALS, lifetimeSeconds));
      }
      return pending;
    },
  };
}
