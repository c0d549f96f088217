/** Does other work in the midst of a step, whose time stands still meanwhile. */
export type PauseTimer = <T>(other: () => Promise<T>) => Promise<T>;

/** A step that is under way. */
interface Step {
  readonly name: string;
  /** By the monotonic clock; later by what was paused. */
  since: number;
  readonly mostMillis: number;
}

/** Knows how the process is doing, as its probes ask. */
export class Liveness {
  readonly #missing: Set<string>;
  readonly #underWay = new Set<Step>();

  /** @param awaited what has to be reached once before the process is ready: `cluster`, `repository shop` */
  constructor(awaited: readonly string[]) {
    this.#missing = new Set(awaited);
  }

  /** Does work that should take no longer than `mostMillis`; after that, until it ends, the process counts as stuck. */
  async step<T>(name: string, mostMillis: number, work: (pauseTimer: PauseTimer) => Promise<T>): Promise<T> {
    const step: Step = { name, since: performance.now(), mostMillis };
    this.#underWay.add(step);
    try {
      return await work(async (other) => this.#pause(step, other));
    } finally {
      this.#underWay.delete(step);
    }
  }

  /** One of the things that have to be reached before the process is ready was reached. */
  reached(what: string): void {
    this.#missing.delete(what);
  }

  /** `fetch: under way for 75 s, expected at most 60 s` */
  stuck(): readonly string[] {
    const now = performance.now();
    return [...this.#underWay]
      .filter(({ since, mostMillis }) => now - since > mostMillis)
      .map(
        ({ name, since, mostMillis }) =>
          `${name}: under way for ${seconds(now - since)} s, expected at most ${seconds(mostMillis)} s`,
      );
  }

  /** What was not reached yet. */
  missing(): readonly string[] {
    return [...this.#missing];
  }

  async #pause<T>(step: Step, other: () => Promise<T>): Promise<T> {
    const from = performance.now();
    this.#underWay.delete(step);
    try {
      return await other();
    } finally {
      step.since += performance.now() - from;
      this.#underWay.add(step);
    }
  }
}

function seconds(millis: number): number {
  return Math.round(millis / 1000);
}
