import { createHash } from 'node:crypto';
import type { ImageUpdate } from '../../shared/queue/messages.ts';
import { MAX_BODY_BYTES, type OutgoingMessage } from '../../shared/queue/port.ts';

/** A message's body besides its updates. */
const ENVELOPE_BYTES = 64;

/**
 * The messages that carry updates: one for each branch, more where one would be too large. One group for each branch,
 * so that its commits follow one another. What was decided on is part of the id: a decision that was made anew on
 * another revision is another message, a delivery that came twice is not.
 */
export function groupByBranch(updates: readonly ImageUpdate[]): readonly OutgoingMessage[] {
  const branches = Map.groupBy(updates, ({ repository, branch }) => `${repository} ${branch}`);
  return [...branches].flatMap(([branch, all]) =>
    inBodies(all).map((part) => ({
      body: JSON.stringify({ version: 2, updates: part }),
      groupId: digest(branch),
      deduplicationId: digest(JSON.stringify(part.map(identityOf))),
    })),
  );
}

function inBodies(updates: readonly ImageUpdate[]): readonly (readonly ImageUpdate[])[] {
  const bodies: ImageUpdate[][] = [[]];
  let bytes = ENVELOPE_BYTES;
  for (const update of updates) {
    const size = Buffer.byteLength(JSON.stringify(update)) + 1;
    if (bytes + size > MAX_BODY_BYTES) {
      bodies.push([]);
      bytes = ENVELOPE_BYTES;
    }
    bodies.at(-1)?.push(update);
    bytes += size;
  }
  return bodies;
}

function identityOf({ repository, branch, revision, site, to }: ImageUpdate) {
  return [repository, branch, revision, site, to.tag, to.digest];
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
