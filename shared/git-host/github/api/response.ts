import { isSluiceError } from '../../../errors.ts';
import * as z from '../../../schema.ts';

/** What GitHub answered, whatever the status. */
export interface GitHubResponse {
  readonly status: number;
  /** By names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON as it was read; a text where it is none. */
  readonly data: unknown;
}

const headersSchema = z.pipe(
  z.record(z.string(), z.unknown()),
  z.transform((headers) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))),
);

const responseSchema = z.object({ status: z.number(), headers: headersSchema, data: z.unknown() });
const thrownSchema = z.object({
  status: z.number(),
  response: z.object({ headers: headersSchema, data: z.unknown() }),
});

/** Of what Octokit gives, what is used. */
export function responseOf(given: { readonly status: number; readonly headers: object; readonly data: unknown }) {
  return responseSchema.parse(given) satisfies GitHubResponse;
}

/**
 * The response in what Octokit throws; undefined where there was none.
 *
 * @throws SluiceError what our transport threw, which Octokit wraps
 */
export function responseIn(error: unknown): GitHubResponse | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  for (const thrown of [error, cause]) {
    if (isSluiceError(thrown)) {
      throw thrown;
    }
  }
  const refusal = thrownSchema.safeParse(error).data;
  return refusal && { status: refusal.status, ...refusal.response };
}

export function isSuccess({ status }: Pick<GitHubResponse, 'status'>): boolean {
  return status >= 200 && status < 300;
}

const wordsSchema = z.object({
  message: z.string(),
  errors: z.catch(
    z.array(
      z.union([
        z.string(),
        z.pipe(
          z.object({ message: z.string() }),
          z.transform(({ message }) => message),
        ),
        z.unknown(),
      ]),
    ),
    [],
  ),
});
const MAX_WORDS = 600;

/** What GitHub says in a refusal, as one line; `''` where it says nothing. */
export function wordsOf({ data }: Pick<GitHubResponse, 'data'>): string {
  const told = wordsSchema.safeParse(data).data;
  const texts = told === undefined ? [] : [told.message, ...told.errors.filter((one) => typeof one === 'string')];
  return texts
    .map((text) =>
      text
        .replaceAll(/[\s\p{Cc}]+/gu, ' ')
        .trim()
        .replace(/\.$/, ''),
    )
    .join('; ')
    .slice(0, MAX_WORDS);
}
