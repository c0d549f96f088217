import type { LeaseRecord } from './lease.ts';

/** A Lease's record, and when this process first observed it, in milliseconds of its own monotonic clock. */
export interface ObservedLease {
  readonly record: LeaseRecord;
  readonly atMillis: number;
}

/** Returns the observation before where the record has not changed, else a new one from now on. */
export function observeLease(before: ObservedLease | undefined, record: LeaseRecord, nowMillis: number): ObservedLease {
  const isSame = before !== undefined && JSON.stringify(before.record) === JSON.stringify(record);
  return isSame ? before : { record, atMillis: nowMillis };
}

/**
 * May this process take the lease? The times in a record are by another's clock and say nothing: a lease runs from the
 * moment that its last change was seen here, so that clocks that differ do no harm.
 */
export function isFree({ record, atMillis }: ObservedLease, identity: string, nowMillis: number): boolean {
  return record.holder === '' || record.holder === identity || nowMillis >= atMillis + record.durationSeconds * 1000;
}
