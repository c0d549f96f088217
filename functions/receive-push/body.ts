import { createHash } from 'node:crypto';
import { SluiceError } from '../../shared/errors.ts';
import * as z from '../../shared/schema.ts';

/** More than any registry sends: the longest envelopes seen hold a few kilobytes. */
const MAX_BODY_BYTES = 1024 * 1024;
/** More than a hundred events have that name each layer of their image. Many small ones take long to read, while all else waits. */
const MAX_VALUES = 50_000;
/** 1 for each byte that comes before a further value of JSON. */
const BEFORE_VALUE = Uint8Array.from({ length: 256 }, (_, byte) => (',[{'.includes(String.fromCharCode(byte)) ? 1 : 0));

/** A text of a delivery that goes on into messages and logs; no name, id or tag of a registry is near this length. */
export const shortText = z.string().check(z.maxLength(1024));

/**
 * Refuses a body that is longer than 1 MiB, or of more than 50,000 values, before anything else is done with it.
 *
 * @throws SluiceError `push-too-large`
 */
export function checkSize(body: Buffer, source: string): void {
  const tooLarge = (expected: string, found: number) =>
    new SluiceError({ code: 'push-too-large', subject: `push of source ${source}`, expected, found: `${found}` });
  if (body.length > MAX_BODY_BYTES) {
    throw tooLarge(`at most ${MAX_BODY_BYTES} bytes`, body.length);
  }
  const values = countValues(body);
  if (values > MAX_VALUES) {
    throw tooLarge(`at most ${MAX_VALUES} values in a delivery`, values);
  }
}

/** At most so many values are in JSON; what texts hold is counted too. */
function countValues(json: Buffer): number {
  let count = 0;
  for (let at = 0; at < json.length; at += 1) {
    count += BEFORE_VALUE[json[at] ?? 0] ?? 0;
  }
  return count;
}

/** An id for a delivery whose sender gives it none: the same for the same bytes. */
export function contentId(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 32);
}

/**
 * Reads JSON of a delivery.
 *
 * @param expected what it should be, for the error
 * @throws SluiceError `push-malformed`
 */
export function readJson<T>(schema: z.ZodMiniType<T>, body: Buffer, expected: string): T {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw malformed(expected, 'no JSON', cause);
  }
  return checkJson(schema, json, expected);
}

/**
 * Checks a delivery that came as a value.
 *
 * @throws SluiceError `push-malformed`
 */
export function checkJson<T>(schema: z.ZodMiniType<T>, json: unknown, expected: string): T {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const found = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`);
    throw malformed(expected, found.join('; '), parsed.error);
  }
  return parsed.data;
}

/** A push of a CI job that tells of no tag: that it was taken would hide that nothing comes of it. */
export function withoutTag(image: string): SluiceError {
  return new SluiceError({
    code: 'push-malformed',
    subject: 'push',
    expected: `a tag of ${image}`,
    found: 'none',
    next: 'Send the tag that the job pushed; a variable such as $CI_COMMIT_TAG is empty on a branch.',
  });
}

function malformed(expected: string, found: string, cause: unknown): SluiceError {
  return new SluiceError({ code: 'push-malformed', subject: 'push', expected, found, cause });
}
