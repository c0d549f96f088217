import type { Claim } from './candidate.ts';
import type { Lease } from './lease.ts';

/** One term of this process as the leader: it ends when its lease was not renewed in time, or is another's. */
export class Term {
  readonly #lost = new AbortController();
  readonly #renewWithinMillis: number;
  #lease: Lease;
  #until: number;
  #deadline: NodeJS.Timeout | undefined;

  /** @param renewWithinMillis so long after a claim the term goes on without another */
  constructor(claim: Claim, renewWithinMillis: number) {
    this.#renewWithinMillis = renewWithinMillis;
    this.#lease = claim.lease;
    this.#until = claim.at + renewWithinMillis;
  }

  /** As it was written last. */
  get lease(): Lease {
    return this.#lease;
  }

  /** Aborts when the term ends. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** By the monotonic clock, which also counts while the process is stopped. */
  isValid(): boolean {
    return !this.#lost.signal.aborted && performance.now() < this.#until;
  }

  /** Ends the term when its lease is not renewed in time. */
  startDeadline(): void {
    this.stopDeadline();
    this.#deadline = setTimeout(() => this.end(), this.#until - performance.now());
  }

  stopDeadline(): void {
    clearTimeout(this.#deadline);
  }

  /** Goes on from a newer claim. */
  renew({ lease, at }: Claim): void {
    this.#lease = lease;
    this.#until = at + this.#renewWithinMillis;
    this.startDeadline();
  }

  end(): void {
    this.#lost.abort();
  }
}
