import { SerialQueue } from '../../../shared/serial-queue.ts';
import type { Liveness, PauseTimer } from '../http/liveness.ts';
import type { SourceMetrics, Step } from './source-metrics.ts';

/** Does the steps of a source, so that figures and probes tell how they go. */
export interface Measure {
  readonly step: <T>(name: Step, work: (pauseTimer: PauseTimer) => Promise<T>) => Promise<T>;
  /** The same looks at the repository, one at a time; the first that succeeds is what makes the source ready. */
  readonly instrument: <T>(look: () => Promise<T>) => () => Promise<T>;
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

/** @param what probes call its repository: `repository shop` */
export function measureSource(what: string, limits: StepLimits, liveness: Liveness, metrics: SourceMetrics): Measure {
  const step: Measure['step'] = async (name, work) =>
    liveness.step(`${name} of ${what}`, limits[name], async (pauseTimer) =>
      metrics.timed(name, async () => work(pauseTimer)),
    );
  return {
    step,
    instrument(look) {
      const queue = new SerialQueue();
      const lookNow = async () => {
        try {
          const found = await step('fetch', look);
          liveness.reached(what);
          return found;
        } catch (error) {
          metrics.pollFailed();
          throw error;
        }
      };
      return async () => queue.run(lookNow);
    },
  };
}
