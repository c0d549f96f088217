/** Nobody is left alone for longer, whatever it asks for: a mistake there is not to stop updates for good. */
const MAX_SECONDS = 60 * 60;

/**
 * The seconds that a `Retry-After` asks for, which may be a number or a date; NaN where there is none that can be read.
 *
 * @param now milliseconds since the epoch
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterSeconds(header: string | null | undefined, now: number): number {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) {
    return Number(text);
  }
  // Numbers of other forms would be read as years and months.
  return /^(?:[a-z]{3}|\d{4}-)/i.test(text) ? (Date.parse(text) - now) / 1000 : Number.NaN;
}

/**
 * How long to leave a host alone: whole seconds, at least one and at most an hour.
 *
 * @param fallback where the host does not say, NaN
 */
export function quietSeconds(asked: number, fallback: number): number {
  return Number.isNaN(asked) ? fallback : Math.min(Math.max(1, Math.ceil(asked)), MAX_SECONDS);
}
