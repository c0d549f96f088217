import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { ApiClient } from '../cluster/client.ts';
import type { Lease, LeaseRecord, LeaseStore } from './lease.ts';
import { isFree, type ObservedLease, observeLease } from './observed-lease.ts';

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

/** Who applies, of several replicas. */
export interface Election {
  /**
   * Competes until `ended` aborts, and does the work whenever it leads. The work's signal aborts at the end, and as
   * soon as the lease may be lost; the lease is given back after it.
   */
  run(ended: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void>;
  isLeading(): boolean;
  /** Aborts as soon as the lease may be lost; undefined where it does not lead. */
  lost(): AbortSignal | undefined;
  /** How often it has come to lead. */
  terms(): number;
  /** @throws SluiceError `leadership-lost` where another may lead by now */
  check(): void;
  /** The same way to the cluster, by which nothing is written but as the leader. */
  guard(request: ApiClient): ApiClient;
}

/** Retries are this much longer at most, so that replicas do not ask at the same moment. */
const JITTER = 1.2;

/** One term of this process as the leader. */
interface Term {
  readonly lost: AbortController;
  lease: Lease;
  /** By the monotonic clock, which also counts while the process is stopped. */
  until: number;
}

/**
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
  let term: Term | undefined;
  let terms = 0;
  let seen: ObservedLease | undefined;

  const isLeading = () => term !== undefined && !term.lost.signal.aborted && performance.now() < term.until;
  const check = () => {
    if (!isLeading()) {
      throw new SluiceError({
        code: 'leadership-lost',
        subject: `replica ${identity}`,
        expected: 'to be the leader',
        found: 'that its lease was not renewed in time, and that another may lead by now',
        retryable: true,
      });
    }
  };

  const recordFrom = (before: LeaseRecord | undefined): LeaseRecord => {
    const now = new Date().toISOString();
    const isMine = before?.holder === identity;
    return {
      holder: identity,
      durationSeconds: Math.ceil(times.lease / 1000),
      acquiredAt: isMine ? before.acquiredAt : now,
      renewedAt: now,
      transitions: (before?.transitions ?? 0) + Number(before !== undefined && !isMine),
    };
  };

  /** Looks at the lease and takes it where it is free. The time that counts is from before the request. */
  const claim = async (): Promise<{ readonly lease: Lease; readonly at: number } | undefined> => {
    const at = performance.now();
    const found = await store.read();
    if (found === undefined) {
      const lease = await store.create(recordFrom(undefined));
      return lease && { lease, at };
    }
    seen = observeLease(seen, found.record, performance.now());
    const lease = isFree(seen, identity, performance.now())
      ? await store.replace(found, recordFrom(found.record))
      : undefined;
    return lease && { lease, at };
  };

  const acquire = async (ended: AbortSignal): Promise<Term | undefined> => {
    while (!ended.aborted) {
      try {
        const claimed = await claim();
        if (claimed !== undefined && performance.now() < claimed.at + times.renewWithin) {
          return { lost: new AbortController(), lease: claimed.lease, until: claimed.at + times.renewWithin };
        }
      } catch (error) {
        log.warn('lease not looked at', { error });
      }
      await pause(times.retry * (1 + JITTER * Math.random()), ended);
    }
    return undefined;
  };

  /** Renews until the work is done, or the lease may be another's. */
  const keep = async (mine: Term, done: AbortSignal): Promise<void> => {
    const end = () => mine.lost.abort();
    let deadline = setTimeout(end, mine.until - performance.now());
    while (!done.aborted && !mine.lost.signal.aborted) {
      await pause(times.retry, AbortSignal.any([done, mine.lost.signal]));
      if (done.aborted || mine.lost.signal.aborted) {
        break;
      }
      try {
        const at = performance.now();
        const direct = await store.replace(mine.lease, recordFrom(mine.lease.record));
        const renewed = direct === undefined ? await claim() : { lease: direct, at };
        if (renewed === undefined) {
          log.warn('lease taken by another', { holder: seen?.record.holder });
          end();
        } else if (!mine.lost.signal.aborted) {
          mine.lease = renewed.lease;
          mine.until = renewed.at + times.renewWithin;
          clearTimeout(deadline);
          deadline = setTimeout(end, mine.until - performance.now());
        }
      } catch (error) {
        log.warn('lease not renewed', { error });
      }
    }
    clearTimeout(deadline);
  };

  const giveBack = async ({ lease }: Term): Promise<void> => {
    try {
      const now = new Date().toISOString();
      await store.replace(lease, { ...lease.record, holder: '', durationSeconds: 1, renewedAt: now });
      log.info('lease given back');
    } catch (error) {
      log.warn('lease not given back', { error });
    }
  };

  const lead = async (mine: Term, ended: AbortSignal, work: (signal: AbortSignal) => Promise<void>) => {
    const done = new AbortController();
    term = mine;
    terms += 1;
    log.info('leading', { identity });
    changed(true);
    mine.lost.signal.addEventListener('abort', () => {
      log.warn('no longer leading', { identity });
      changed(false);
    });
    const kept = keep(mine, done.signal);
    try {
      await work(AbortSignal.any([ended, mine.lost.signal]));
    } finally {
      done.abort();
      await kept;
      term = undefined;
      if (!mine.lost.signal.aborted) {
        changed(false);
        await giveBack(mine);
      }
    }
  };

  return {
    isLeading,
    lost: () => term?.lost.signal,
    terms: () => terms,
    check,
    guard: (request) => async (apiRequest) => {
      if (apiRequest.method === undefined || apiRequest.method === 'GET') {
        return request(apiRequest);
      }
      check();
      // Once more when it is about to go: a process that was stopped meanwhile goes on just where it was.
      return request(term === undefined ? apiRequest : { ...apiRequest, signal: term.lost.signal, check });
    },
    async run(ended, work) {
      while (!ended.aborted) {
        const mine = await acquire(ended);
        if (mine !== undefined) {
          await lead(mine, ended, work);
        }
      }
    },
  };
}

async function pause(millis: number, signal: AbortSignal): Promise<void> {
  await sleep(millis, undefined, { signal }).catch(() => {});
}
