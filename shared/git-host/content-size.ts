import { SluiceError } from '../errors.ts';

/**
 * Of the manifests that are read of a revision at once, all together: a function of 512 MB has to hold them as bytes, as
 * text, and as what is made of it.
 */
export const MAX_CONTENT_BYTES = 64 * 1024 * 1024;

/** Adds up the sizes of files while they are read, so that no more of them is held than may be. */
export class ContentSize {
  readonly #subject: string;
  readonly #maxBytes: number;
  #bytes = 0;

  /** @param subject how messages name the repository */
  constructor(subject: string, maxBytes = MAX_CONTENT_BYTES) {
    this.#subject = subject;
    this.#maxBytes = maxBytes;
  }

  /** @throws SluiceError `git-too-large` */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) {
      throw new SluiceError({
        code: 'git-too-large',
        subject: this.#subject,
        expected: `manifests of at most ${this.#maxBytes} bytes together`,
        found: 'more',
        next: 'Name the folders of its manifests in sluice.yml.',
      });
    }
  }
}
