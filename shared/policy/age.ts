import { buildTime } from '../time.ts';
import type { TagFacts } from './policy.ts';

/** When an image was built, in milliseconds since the epoch; undefined where it does not say. */
export function ageOf({ created }: Pick<TagFacts, 'created'>): number | undefined {
  const time = buildTime(created);
  return time === undefined ? undefined : Date.parse(time);
}
