import { parseOrder } from './order.ts';
import type { Rank } from './rank.ts';
import type { Scheme } from './scheme.ts';

/** What Go's `strconv.ParseFloat` reads as a decimal, which Flux v2 reads numbers by; `1_000` is one. */
const DIGITS = String.raw`\d+(?:_\d+)*`;
const DECIMAL = new RegExp(`^[+-]?(?:${DIGITS}\\.?(?:${DIGITS})?|\\.${DIGITS})(?:e[+-]?${DIGITS})?$`, 'i');
/** As nearly all of them are; such a one is below 2^53. */
const PLAIN = /^\d{1,15}$/;
const WHOLE = /^[+-]?[\d_]+$/;
/** Of a tag; what a filter takes out of one is no longer. */
const LONGEST = 128;

/**
 * Texts that are numbers, by their value: `asc` takes the greatest, `desc` the least. A text that is no number is left
 * out; Flux v2 gives up the whole policy for it. Whole numbers rank exactly, beyond 2^53 too.
 *
 * Not read as numbers, though Go does: hexadecimal ones, `inf` and `nan`.
 *
 * @throws SluiceError `policy-invalid` for an order that is neither
 * @see https://github.com/fluxcd/image-reflector-controller/blob/main/internal/policy/numerical.go
 */
export function numerical(policy: string, argument: string): Scheme {
  const sign = parseOrder(policy, argument) === 'asc' ? 1 : -1;
  const isNumber = (text: string) => PLAIN.test(text) || rankOf(text, sign) !== undefined;
  return {
    needsCreated: false,
    isLinear: true,
    accept: (texts) => texts.filter(isNumber),
    noteOn: () => 'it is no number',
    recognises: isNumber,
    rank: (text) => rankOf(text, sign),
  };
}

/** Its value as a float, as Flux v2 has it, and then what that cannot tell apart. */
function rankOf(text: string, sign: 1 | -1): Rank | undefined {
  if (PLAIN.test(text)) {
    return [sign * Number(text) + 0];
  }
  if (text.length > LONGEST || !DECIMAL.test(text)) {
    return undefined;
  }
  const plain = text.replaceAll('_', '');
  const value = Number(plain);
  if (Number.isSafeInteger(value) || !Number.isFinite(value)) {
    return Number.isFinite(value) ? [sign * value + 0] : undefined;
  }
  const exact = BigInt(WHOLE.test(text) ? plain.replace('+', '') : Math.trunc(value));
  return [sign * value, BigInt(sign) * exact];
}
