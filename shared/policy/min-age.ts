import { policyInvalid } from './policy-invalid.ts';

/** How long an image has to have been there before a site takes it. */
export interface MinAge {
  /** As it is written: `2h`. */
  readonly text: string;
  readonly millis: number;
}

const UNIT_MILLIS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^([1-9]\d{0,7})([smhd])$/;
/** As long as it is remembered when an image was first seen, and not much shorter. */
const MOST_MILLIS = 365 * UNIT_MILLIS.d;
/** How it is written, for errors. */
export const MIN_AGE_FORM = 'older than and a duration of at most 365d, like 30m, 2h or 7d';

/**
 * Reads the clause `older than 2h`.
 *
 * @param policy the whole line, for errors
 * @param value what stands behind the word `older`
 * @throws SluiceError `policy-invalid`
 */
export function parseMinAge(policy: string, value: string): MinAge {
  const [, text = ''] = /^than\s+(.*)$/s.exec(value) ?? [];
  const [, count, unit] = DURATION.exec(text) ?? [];
  const millis = Number(count) * UNIT_MILLIS[unit as keyof typeof UNIT_MILLIS];
  if (!(millis <= MOST_MILLIS)) {
    throw policyInvalid(policy, MIN_AGE_FORM, JSON.stringify(`older ${value}`.trim()));
  }
  return { text, millis };
}
