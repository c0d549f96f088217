export const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

/** `strconv.ParseInt(text, 0, 64)`: https://pkg.go.dev/strconv#ParseInt */
const INTEGER = /^([+-]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)$/;
/** What go-yaml takes besides for a binary number. */
const SIGN_AFTER_PREFIX = /^0b([+-])([01]+)$/;
/** `yamlStyleFloat` of go-yaml. */
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
/** Go takes an underscore between digits in a number that begins with its point. */
const POINT_FIRST = /^\.[0-9](_?[0-9])*([eE][-+]?[0-9](_?[0-9])*)?$/;

/**
 * An integer as Go reads it, octal where it begins with 0; undefined where it is none, or fits neither int64 nor uint64.
 *
 * @param text without underscores
 */
export function parseInteger(text: string): number | bigint | undefined {
  const [, sign = '', digits = ''] = INTEGER.exec(text) ?? [];
  if (digits !== '') {
    const octal = /^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits;
    return within(sign, BigInt(octal));
  }
  const [, inner = '', bits = ''] = SIGN_AFTER_PREFIX.exec(text) ?? [];
  return bits === '' ? undefined : within(inner, BigInt(`0b${bits}`));
}

function within(sign: string, magnitude: bigint): number | bigint | undefined {
  const value = sign === '-' ? -magnitude : magnitude;
  // Only what has no sign is tried as uint64.
  const isWithin = value >= MIN_INT64 && value <= (sign === '' ? MAX_UINT64 : MAX_INT64);
  return isWithin ? exact(value) : undefined;
}

/** The number where it is exact, else the bigint. */
function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A float as go-yaml reads it; undefined where it is none, or is too large for a float64. */
export function parseFloatOf(text: string): number | undefined {
  const plain = text.replaceAll('_', '');
  const isFloat = text.startsWith('.') ? POINT_FIRST.test(text) : FLOAT.test(plain);
  const value = isFloat ? Number(plain) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/**
 * A float that is a key, as sigs.k8s.io/yaml prints it: `strconv.FormatFloat(value, 'g', -1, 32)`, in float32, and
 * infinities and NaN as YAML has them.
 */
export function printFloatKey(value: number): string {
  const float = Math.fround(value);
  if (Number.isNaN(float)) {
    return '.nan';
  }
  if (!Number.isFinite(float)) {
    return float > 0 ? '.inf' : '-.inf';
  }
  const [mantissa = '', exponent = ''] = shortest(float).split('e');
  const power = Number(exponent);
  if (power < -4 || power >= 6) {
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  const decimals = mantissa.replace(/[-.]/g, '').length - 1 - power;
  return (Object.is(float, -0) ? '-' : '') + float.toFixed(Math.max(0, decimals));
}

/** The fewest digits that are this float32 again, as `1.5e+0`. */
function shortest(float: number): string {
  for (let digits = 0; digits < 9; digits += 1) {
    const text = float.toExponential(digits);
    if (Math.fround(Number(text)) === float) {
      return text;
    }
  }
  return float.toExponential();
}
