import { parseOrder } from './order.ts';
import { descending, type Rank } from './rank.ts';
import type { Scheme } from './scheme.ts';

/**
 * Texts by their characters: `asc` takes the last one, as for dates (`2026-11-30`), `desc` the first. Tags are ASCII, of
 * which this is the order of bytes.
 *
 * @throws SluiceError `policy-invalid` for an order that is neither
 * @see https://github.com/fluxcd/image-reflector-controller/blob/main/internal/policy/alphabetical.go
 */
export function alphabetical(policy: string, argument: string): Scheme {
  const order = parseOrder(policy, argument);
  const rank = (text: string): Rank => (order === 'asc' ? [text] : descending(text));
  return {
    needsCreated: false,
    isLinear: true,
    takesAny: true,
    accept: (texts) => texts,
    noteOn: () => undefined,
    rank,
  };
}
