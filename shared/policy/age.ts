import type { TagFacts } from './policy.ts';

/** Reproducible builds write the epoch or the year 1 for "not known". */
const FIRST_REAL_MILLIS = 24 * 60 * 60 * 1000;

/**
 * When an image was built, in milliseconds since the epoch; where it does not say, when it was pushed.
 *
 * @returns undefined where neither is known
 */
export function ageOf({ created, pushedAt }: TagFacts): number | undefined {
  return millis(created) ?? millis(pushedAt);
}

/** Prefers the younger of two images whose ages are known. */
export function byAge(a: TagFacts, b: TagFacts): number {
  return (ageOf(a) ?? 0) - (ageOf(b) ?? 0);
}

function millis(time: string | undefined): number | undefined {
  const parsed = time === undefined ? Number.NaN : Date.parse(time);
  return parsed > FIRST_REAL_MILLIS ? parsed : undefined;
}
