import { ageOf } from './age.ts';
import type { TagFacts } from './policy.ts';
import type { Rank } from './rank.ts';
import type { Scheme } from './scheme.ts';

/** The images that were built last. Any tag: what it is of is for a filter to say. */
export const newestBuild: Scheme = {
  needsCreated: true,
  isLinear: true,
  takesAny: true,
  accept: (texts) => texts,
  noteOn: () => undefined,
  rank: (_, facts) => rankByAge(facts),
};

/** The 29th of February is left to whoever knows the years that have one. */
const MONTHS = [
  String.raw`(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])`,
  String.raw`(?:0[469]|11)-(?:0[1-9]|[12]\d|30)`,
  String.raw`02-(?:0[1-9]|1\d|2[0-8])`,
];
/**
 * A time as `toISOString` writes it, with milliseconds or without, as nearly all are: such texts are in the order of the
 * times. From 1981 on, later than any constant of reproducible builds.
 */
const CANONICAL = new RegExp(
  String.raw`^(?:198[1-9]|199\d|[2-9]\d{3})-(?:${MONTHS.join('|')})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z$`,
);

const SECONDS = '2026-11-30T12:00:00Z';

/** The later an image was built, the greater; undefined where it does not say. */
export function rankByAge(facts: TagFacts): Rank | undefined {
  const { created } = facts;
  if (created !== undefined && CANONICAL.test(created)) {
    return [created.length === SECONDS.length ? created.replace('Z', '.000Z') : created];
  }
  const age = ageOf(facts);
  return age === undefined ? undefined : [new Date(age).toISOString()];
}
