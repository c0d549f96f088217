/** What keeps updates back that a policy asks for. */
export interface Hold {
  /** For people: `locked by jane: audit`. */
  readonly reason: string;
  /** When it ends, in milliseconds since the epoch; undefined where somebody has to end it. */
  readonly until: number | undefined;
  /** Is what would say how long to be mended first? */
  readonly isFault?: boolean;
}

/** The hold that lasts longest, of those in force; of equals the first. Undefined where there is none. */
export function longestHold(holds: readonly Hold[]): Hold | undefined {
  return holds.reduce<Hold | undefined>(
    (longest, one) => (longest === undefined || isLonger(one, longest) ? one : longest),
    undefined,
  );
}

/** The reason with the end: `audit, until 2026-12-24T00:00:00.000Z`. */
export function holdReason({ reason, until }: Hold): string {
  return until === undefined ? reason : `${reason}, until ${new Date(until).toISOString()}`;
}

/** The fields of a log line about what is held back. */
export function holdFields({ reason, until }: Hold) {
  return { because: 'held', reason, ...(until !== undefined && { until: new Date(until).toISOString() }) };
}

function isLonger({ until: one = Number.POSITIVE_INFINITY }: Hold, { until: other = Number.POSITIVE_INFINITY }: Hold) {
  return one > other;
}
