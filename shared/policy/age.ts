import type { TagFacts } from './policy.ts';

/**
 * Reproducible builds write a fixed time for "not known": the year 1, the epoch, or the first second of 1980.
 *
 * @see https://buildpacks.io/docs/for-app-developers/concepts/reproducibility/
 */
const FIRST_REAL_MILLIS = Date.UTC(1980, 0, 2);

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
  return parsed >= FIRST_REAL_MILLIS ? parsed : undefined;
}
