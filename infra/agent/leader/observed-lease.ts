import type { LeaseRecord } from './lease.ts';

/** A record, and when this process first saw it by its own monotonic clock. */
export interface Sighting {
  readonly record: LeaseRecord;
  readonly atMillis: number;
}

/** What was known, unless the record has changed: then it is new from now on. */
export function sight(before: Sighting | undefined, record: LeaseRecord, nowMillis: number): Sighting {
  const isSame = before !== undefined && JSON.stringify(before.record) === JSON.stringify(record);
  return isSame ? before : { record, atMillis: nowMillis };
}

/**
 * May this process take the lease? The times in a record are by another's clock and say nothing: a lease runs from the
 * moment that its last change was seen here, so that clocks that differ do no harm.
 */
export function isFree({ record, atMillis }: Sighting, identity: string, nowMillis: number): boolean {
  return record.holder === '' || record.holder === identity || nowMillis >= atMillis + record.durationSeconds * 1000;
}
