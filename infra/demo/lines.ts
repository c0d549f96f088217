import { messageOf, SluiceError } from '../../shared/errors.ts';

/** Fields of a line of a log. */
type Line = Readonly<Record<string, unknown>>;

interface Waiting {
  readonly what: string;
  readonly fits: (line: Line) => boolean;
  readonly resolve: () => void;
  readonly reject: (error: SluiceError) => void;
}

/** Lines of the logs that the story waits for. */
export class Lines {
  readonly #waiting = new Set<Waiting>();
  readonly #timeoutMillis: number;
  #reason: string | undefined;

  constructor(timeoutMillis: number) {
    this.#timeoutMillis = timeoutMillis;
  }

  add(text: string): void {
    const line = parse(text);
    for (const one of this.#waiting) {
      if (one.fits(line)) {
        this.#waiting.delete(one);
        one.resolve();
      }
    }
  }

  /** The first line that fits, from now on. @throws SluiceError `not-healthy` where none comes in time, or the demo ends */
  async next(what: string, fits: (line: Line) => boolean): Promise<void> {
    if (this.#reason !== undefined) {
      throw missed(what, this.#reason);
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const entry = { what, fits, resolve, reject };
    this.#waiting.add(entry);
    const late = () => reject(missed(what, `nothing within ${this.#timeoutMillis / 1000} s`));
    const timer = setTimeout(late, this.#timeoutMillis);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(entry);
    }
  }

  /** Nothing that is waited for will come. */
  end(reason: string): void {
    this.#reason ??= reason;
    for (const { reject, what } of this.#waiting) {
      reject(missed(what, reason));
    }
  }
}

function missed(what: string, found: string): SluiceError {
  return new SluiceError({ code: 'not-healthy', subject: 'demo', expected: what, found });
}

function parse(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch (error) {
    return { message: messageOf(error) };
  }
}
