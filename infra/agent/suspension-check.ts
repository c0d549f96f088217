import type { LoopSource } from './loop-source.ts';

/** Asks whether a source is suspended, and tells its observer and its log when that changes. */
export class SuspensionCheck {
  readonly #source: Pick<LoopSource, 'suspension' | 'observer' | 'log'>;
  #before: string | undefined;

  constructor(source: Pick<LoopSource, 'suspension' | 'observer' | 'log'>) {
    this.#source = source;
  }

  /** @throws SluiceError `cluster-…` */
  async isSuspended(): Promise<boolean> {
    const { observer, log } = this.#source;
    const reason = await this.#source.suspension();
    if (reason !== undefined) {
      observer.suspended(reason);
    }
    if (reason !== this.#before) {
      log.info(reason === undefined ? 'resumed' : 'suspended', reason === undefined ? {} : { reason });
      if (reason === undefined) {
        observer.resumed();
      }
    }
    this.#before = reason;
    return reason !== undefined;
  }
}
