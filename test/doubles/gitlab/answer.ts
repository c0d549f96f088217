/** What the double says to a request, before it is sent. */
export interface Answer<Body = unknown> {
  readonly status: number;
  /** JSON; a `Buffer` goes as it is. */
  readonly body: Body;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that is no success, thrown from wherever it is found out. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(`status ${status}`);
    this.answer = { status, body, headers };
  }
}

/** GitLab's words for what is not there: `404 Branch Not Found`. */
export function notFound(what: string): Refusal {
  return new Refusal(404, { message: `404 ${what} Not Found` });
}

/** What a service of GitLab refused, in its words. */
export function badRequest(message: string): Refusal {
  return new Refusal(400, { message });
}

/** What a user may not do. */
export function forbidden(reason?: string): Refusal {
  return new Refusal(403, { message: reason === undefined ? '403 Forbidden' : `403 Forbidden - ${reason}` });
}

export function ok<Body>(body: Body, headers: Readonly<Record<string, string>> = {}): Answer<Body> {
  return { status: 200, body, headers };
}

export function created<Body>(body: Body): Answer<Body> {
  return { status: 201, body };
}
