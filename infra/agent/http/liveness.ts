/** Does other work in the midst of a step, whose time stands still meanwhile. */
export type PauseTimer = <T>(other: () => Promise<T>) => Promise<T>;

/** How the process is doing, as its probes ask. */
export interface Liveness {
  /** Does work that should take no longer than `mostMillis`; while it does, the process counts as stuck. */
  readonly step: <T>(name: string, mostMillis: number, work: (pauseTimer: PauseTimer) => Promise<T>) => Promise<T>;
  /** One of the things that have to be reached before the process is ready was reached. */
  readonly reached: (what: string) => void;
  /** `fetch: under way for 75 s, expected at most 60 s` */
  readonly stuck: () => readonly string[];
  /** What was not reached yet. */
  readonly missing: () => readonly string[];
}

/** @param awaited what has to be reached once before the process is ready: `cluster`, `repository shop` */
export function createLiveness(awaited: readonly string[]): Liveness {
  const missing = new Set(awaited);
  const underWay = new Set<{ readonly name: string; since: number; readonly mostMillis: number }>();
  return {
    async step(name, mostMillis, work) {
      const one = { name, since: performance.now(), mostMillis };
      const pauseTimer: PauseTimer = async (other) => {
        const from = performance.now();
        underWay.delete(one);
        try {
          return await other();
        } finally {
          one.since += performance.now() - from;
          underWay.add(one);
        }
      };
      underWay.add(one);
      try {
        return await work(pauseTimer);
      } finally {
        underWay.delete(one);
      }
    },
    reached: (what) => void missing.delete(what),
    stuck() {
      const now = performance.now();
      return [...underWay]
        .filter(({ since, mostMillis }) => now - since > mostMillis)
        .map(
          ({ name, since, mostMillis }) =>
            `${name}: under way for ${seconds(now - since)} s, expected at most ${seconds(mostMillis)} s`,
        );
    },
    missing: () => [...missing],
  };
}

function seconds(millis: number): number {
  return Math.round(millis / 1000);
}
