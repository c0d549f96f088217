import type { Aside, Vitals } from '../http/liveness.ts';
import type { SourceMetrics, Step } from './metrics.ts';

/** Does the steps of a source, so that figures and probes tell how they go. */
export interface Measure {
  readonly step: <T>(name: Step, work: (aside: Aside) => Promise<T>) => Promise<T>;
  /** The same looks at the repository, one at a time; the first that succeeds is what makes the source ready. */
  readonly looks: <T>(look: () => Promise<T>) => () => Promise<T>;
}

/** How long each step may take before the process counts as stuck, in milliseconds. */
export type StepLimits = Readonly<Record<Step, number>>;

/** A look is several calls of git; a large repository is applied in minutes, and each wave is waited for as long as it may. */
export function stepLimits(
  gitTimeoutMillis: number,
  renderDeadlineMillis: number,
  healthTimeoutMillis: number,
): StepLimits {
  const minute = 60_000;
  return {
    fetch: 5 * gitTimeoutMillis + minute,
    render: 5 * gitTimeoutMillis + renderDeadlineMillis + minute,
    apply: 15 * minute,
    health: healthTimeoutMillis + minute,
  };
}

/** @param what the vitals call its repository: `repository shop` */
export function measureSource(what: string, limits: StepLimits, vitals: Vitals, metrics: SourceMetrics): Measure {
  const step: Measure['step'] = async (name, work) =>
    vitals.step(`${name} of ${what}`, limits[name], async (aside) => metrics.timed(name, async () => work(aside)));
  return {
    step,
    looks(look) {
      let last: Promise<unknown> = Promise.resolve();
      const lookNow = async () => {
        try {
          const found = await step('fetch', look);
          vitals.reached(what);
          return found;
        } catch (error) {
          metrics.pollFailed();
          throw error;
        }
      };
      return async () => {
        const next = last.then(lookNow);
        last = next.catch(() => {});
        return next;
      };
    },
  };
}
