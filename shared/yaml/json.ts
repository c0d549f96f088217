/** An integer of JSON text that has more digits than a number holds may stand in it. */
const MAY_HOLD_LARGE = /\d{16}/;
const INTEGER = /^-?\d+$/;

/** What Node has and the types of the language do not know yet: https://tc39.es/proposal-json-parse-with-source/ */
interface JsonWithSource {
  parse(text: string, revive: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown;
  rawJSON(text: string): unknown;
}
const json = JSON as unknown as JsonWithSource;

/**
 * JSON's value, with integers beyond 2^53 as bigints.
 *
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  if (!MAY_HOLD_LARGE.test(text)) {
    return JSON.parse(text);
  }
  return json.parse(text, (_, value, { source = '' }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && INTEGER.test(source) ? BigInt(source) : value,
  );
}

/** A value as JSON, bigints with all their digits. Few values have one, and asking of each part takes three times as long. */
export function printJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) {
      throw error;
    }
    return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? json.rawJSON(String(one)) : one));
  }
}
