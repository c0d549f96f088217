import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { ApiClient } from '../cluster/client.ts';
import { Candidate } from './candidate.ts';
import type { LeaseStore } from './lease.ts';
import { Term } from './term.ts';

/** In milliseconds; each is well below the one before it. */
export interface ElectionTimes {
  /** So long after its last renewal nobody else takes a lease. */
  readonly lease: number;
  /** So long after its last renewal a leader goes on; what is left of the lease is for requests under way. */
  readonly renewWithin: number;
  readonly retry: number;
}

/** As Kubernetes' own components have them. */
export const ELECTION_TIMES: ElectionTimes = { lease: 15_000, renewWithin: 10_000, retry: 2000 };

/** Retries are this much longer at most, so that replicas do not ask at the same moment. */
const JITTER = 1.2;

/**
 * Returns the election of a replica.
 *
 * @param identity of this replica, like no other's
 * @param changed is called when it comes to lead and when it no longer does
 */
export function openElection(
  store: LeaseStore,
  identity: string,
  log: Log,
  changed: (isLeading: boolean) => void = () => {},
  times: ElectionTimes = ELECTION_TIMES,
): Election {
  return new Election(new Candidate(store, identity, times.lease), { identity, log, changed, times });
}

interface ElectionOptions {
  readonly identity: string;
  readonly log: Log;
  readonly changed: (isLeading: boolean) => void;
  readonly times: ElectionTimes;
}

/** Decides which of several replicas applies. */
export class Election {
  readonly #candidate: Candidate;
  readonly #options: ElectionOptions;
  #term: Term | undefined;
  #terms = 0;

  constructor(candidate: Candidate, options: ElectionOptions) {
    this.#candidate = candidate;
    this.#options = options;
  }

  /**
   * Competes until `ended` aborts, and does the work whenever it leads. The work's signal aborts at the end, and as
   * soon as the lease may be lost; the lease is given back after it.
   */
  async run(ended: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    while (!ended.aborted) {
      const term = await this.#acquire(ended);
      if (term !== undefined) {
        await this.#lead(term, ended, work);
      }
    }
  }

  isLeading(): boolean {
    return this.#term?.isValid() === true;
  }

  /** Aborts as soon as the lease may be lost; undefined where it does not lead. */
  lost(): AbortSignal | undefined {
    return this.#term?.lost;
  }

  /** How often it has come to lead. */
  terms(): number {
    return this.#terms;
  }

  /** @throws SluiceError `leadership-lost` where another may lead by now */
  check(): void {
    if (!this.isLeading()) {
      throw new SluiceError({
        code: 'leadership-lost',
        subject: `replica ${this.#options.identity}`,
        expected: 'to be the leader',
        found: 'that its lease was not renewed in time, and that another may lead by now',
        retryable: true,
      });
    }
  }

  /** Returns a client that writes only while this replica leads. Its writes throw what `check` throws. */
  guard(request: ApiClient): ApiClient {
    return async (apiRequest) => {
      if (apiRequest.method === undefined || apiRequest.method === 'GET') {
        return request(apiRequest);
      }
      this.check();
      const signal = this.lost();
      // Once more when it is about to go: a process that was stopped meanwhile goes on just where it was.
      return request(signal === undefined ? apiRequest : { ...apiRequest, signal, check: () => this.check() });
    };
  }

  async #acquire(ended: AbortSignal): Promise<Term | undefined> {
    const { log, times } = this.#options;
    while (!ended.aborted) {
      try {
        const claim = await this.#candidate.claim();
        if (claim !== undefined && performance.now() < claim.at + times.renewWithin) {
          return new Term(claim, times.renewWithin);
        }
      } catch (error) {
        log.warn('lease not looked at', { error });
      }
      await pause(times.retry * (1 + JITTER * Math.random()), ended);
    }
    return undefined;
  }

  async #lead(term: Term, ended: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const done = new AbortController();
    this.#begin(term);
    const kept = this.#keep(term, done.signal);
    try {
      await work(AbortSignal.any([ended, term.lost]));
    } finally {
      done.abort();
      await kept;
      this.#term = undefined;
      if (!term.lost.aborted) {
        this.#options.changed(false);
        await this.#giveBack(term);
      }
    }
  }

  #begin(term: Term): void {
    const { identity, log, changed } = this.#options;
    this.#term = term;
    this.#terms += 1;
    log.info('leading', { identity });
    changed(true);
    term.lost.addEventListener('abort', () => {
      log.warn('no longer leading', { identity });
      changed(false);
    });
  }

  /** Renews until the work is done, or the lease may be another's. */
  async #keep(term: Term, done: AbortSignal): Promise<void> {
    const either = AbortSignal.any([done, term.lost]);
    term.startDeadline();
    while (!either.aborted) {
      await pause(this.#options.times.retry, either);
      if (!either.aborted) {
        await this.#renew(term);
      }
    }
    term.stopDeadline();
  }

  async #renew(term: Term): Promise<void> {
    const { log } = this.#options;
    try {
      const claim = await this.#candidate.renew(term.lease);
      if (claim === undefined) {
        log.warn('lease taken by another', { holder: this.#candidate.holder });
        term.end();
      } else if (!term.lost.aborted) {
        term.renew(claim);
      }
    } catch (error) {
      log.warn('lease not renewed', { error });
    }
  }

  async #giveBack({ lease }: Term): Promise<void> {
    const { log } = this.#options;
    try {
      await this.#candidate.giveBack(lease);
      log.info('lease given back');
    } catch (error) {
      log.warn('lease not given back', { error });
    }
  }
}

async function pause(millis: number, signal: AbortSignal): Promise<void> {
  await sleep(millis, undefined, { signal }).catch(() => {});
}
