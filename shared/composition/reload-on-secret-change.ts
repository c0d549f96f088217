import type { MiddlewareObj } from '@middy/core';
import type { SecretMemory } from '../secrets/secret-memory.ts';

/**
 * What is opened with secrets: opened by whoever asks first, kept, and opened anew once a secret has changed. As
 * middleware it looks for that before each event.
 */
export class ReloadOnSecretChange<T> implements MiddlewareObj {
  readonly #open: () => Promise<T>;
  readonly #secrets: () => Pick<SecretMemory, 'changed' | 'refused'> | undefined;
  #opened: Promise<T> | undefined;

  /** @param secrets undefined as long as none can be read */
  constructor(open: () => Promise<T>, secrets: () => Pick<SecretMemory, 'changed' | 'refused'> | undefined) {
    this.#open = open;
    this.#secrets = secrets;
  }

  /** What could not be opened is tried again by whoever asks next. */
  async get(): Promise<T> {
    if (this.#opened === undefined) {
      const opened = this.#open();
      this.#opened = opened;
      opened.catch(() => {
        // Another may have been opened since.
        this.#opened = this.#opened === opened ? undefined : this.#opened;
      });
    }
    return this.#opened;
  }

  readonly before = async (): Promise<void> => {
    const secrets = this.#secrets();
    // A text that nothing could be opened with may have been mended meanwhile.
    const isOld = await (this.#opened === undefined ? secrets?.refused() : secrets?.changed());
    if (isOld === true) {
      this.#opened = undefined;
    }
  };
}
