import type { Lease, LeaseRecord, LeaseStore } from './lease.ts';
import { isFree, type ObservedLease, observeLease } from './observed-lease.ts';

/** A lease that this process holds. */
export interface Claim {
  readonly lease: Lease;
  /** By the monotonic clock, from before the request: so long after it nobody else takes the lease. */
  readonly at: number;
}

/** Takes, renews and gives back a lease for one replica. Its methods throw what the store throws. */
export class Candidate {
  readonly #store: LeaseStore;
  readonly #identity: string;
  readonly #leaseMillis: number;
  #observed: ObservedLease | undefined;

  constructor(store: LeaseStore, identity: string, leaseMillis: number) {
    this.#store = store;
    this.#identity = identity;
    this.#leaseMillis = leaseMillis;
  }

  /** Who held the lease when it was read last. */
  get holder(): string | undefined {
    return this.#observed?.record.holder;
  }

  /** Takes the lease where it is free; undefined where another has it. */
  async claim(): Promise<Claim | undefined> {
    const at = performance.now();
    const found = await this.#store.read();
    if (found === undefined) {
      const lease = await this.#store.create(this.#recordFrom(undefined));
      return lease && { lease, at };
    }
    this.#observed = observeLease(this.#observed, found.record, performance.now());
    const lease = isFree(this.#observed, this.#identity, performance.now())
      ? await this.#store.replace(found, this.#recordFrom(found.record))
      : undefined;
    return lease && { lease, at };
  }

  /** Renews a lease as it was written last; claims it anew where it is no longer that. */
  async renew(held: Lease): Promise<Claim | undefined> {
    const at = performance.now();
    const lease = await this.#store.replace(held, this.#recordFrom(held.record));
    return lease === undefined ? this.claim() : { lease, at };
  }

  async giveBack(held: Lease): Promise<void> {
    const now = new Date().toISOString();
    await this.#store.replace(held, { ...held.record, holder: '', durationSeconds: 1, renewedAt: now });
  }

  #recordFrom(before: LeaseRecord | undefined): LeaseRecord {
    const now = new Date().toISOString();
    const isMine = before?.holder === this.#identity;
    return {
      holder: this.#identity,
      durationSeconds: Math.ceil(this.#leaseMillis / 1000),
      acquiredAt: isMine ? before.acquiredAt : now,
      renewedAt: now,
      transitions: (before?.transitions ?? 0) + Number(before !== undefined && !isMine),
    };
  }
}
