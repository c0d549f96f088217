/** What GitHub says no with; thrown by whoever finds out. */
export class Refusal extends Error {
  readonly status: number;
  readonly more: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    { more = {}, headers = {} }: { more?: Record<string, unknown>; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.status = status;
    this.more = more;
    this.headers = headers;
  }
}

const DOCUMENTATION = 'https://docs.github.com/rest';

/** The body that goes with an error, as `basic-error` has it. */
export function errorBody(status: number, message: string, more: Readonly<Record<string, unknown>> = {}): unknown {
  return { message, ...more, documentation_url: DOCUMENTATION, status: String(status) };
}

/** Anything that is not there, or that the caller may not know of. */
export function notFound(message = 'Not Found'): Refusal {
  return new Refusal(404, message);
}

/** A 422 whose `errors` say what is wrong, as `validation-error` has it. */
export function invalid(resource: string, fault: { field?: string; code: string; message?: string }): Refusal {
  return new Refusal(422, 'Validation Failed', { more: { errors: [{ resource, ...fault }] } });
}

/** A 422 of few words, as the Git Data API answers. */
export function unprocessable(message: string): Refusal {
  return new Refusal(422, message);
}
