import { createHash } from 'node:crypto';

/** What registries and CI systems make: UUIDs, hashes, numbers with a few marks between. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/;

/**
 * A sender's id of an event, as it may stand in a commit message: where it is of no plain form it is hashed, since a
 * host would take its words for ours (`[skip ci]`, `Closes #1`, `@everyone`, a trailer). The same id stays the same.
 */
export function eventId(text: string): string {
  return ID.test(text) ? text : `sha256:${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}
