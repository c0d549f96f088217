import type { Counter, Gauge, Histogram } from 'prom-client';
import { isSluiceError } from '../../../shared/errors.ts';
import type { Figures } from './figures.ts';
import type { RevisionObserver, RevisionOutcome } from './revision-observer.ts';

/** What a revision goes through, in this order. */
export type Step = 'fetch' | 'render' | 'apply' | 'health';

/** Counts what becomes of a source, and how long its steps take. */
export interface SourceMetrics extends RevisionObserver {
  readonly timed: <T>(step: Step, work: () => Promise<T>) => Promise<T>;
  readonly pollFailed: () => void;
}

const SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** The figures of all sources, each with the label `source`. */
export interface SourceFigures {
  readonly revisions: Counter;
  readonly objects: Counter;
  readonly drift: Counter;
  readonly failures: Counter;
  readonly pollFailures: Counter;
  readonly success: Gauge;
  readonly current: Gauge;
  readonly suspended: Gauge;
  readonly durations: Histogram;
}

/** Makes them; once in a registry. */
export function sourceFigures(figures: Figures): SourceFigures {
  const counter = (name: string, help: string, ...labels: readonly string[]) =>
    figures.counter(name, help, 'source', ...labels);
  const gauge = (name: string, help: string, ...labels: readonly string[]) =>
    figures.gauge(name, help, 'source', ...labels);
  return {
    revisions: counter('revisions_total', 'Revisions that were applied, by what came of it.', 'result'),
    objects: counter('objects_total', 'Objects of applied revisions, by what was done to them.', 'action'),
    drift: counter('drift_corrections_total', 'Objects that had changed by another hand and were set right.'),
    failures: counter('failures_total', 'Steps that failed, by error code.', 'code'),
    pollFailures: counter('poll_failures_total', 'Looks at a repository that failed.'),
    success: gauge('last_success_timestamp_seconds', 'When a revision was last found healthy.'),
    current: gauge('revision_info', 'The revision that was applied last.', 'branch', 'revision'),
    suspended: gauge('suspended', '1 while a source is suspended.'),
    durations: figures.histogram(
      'step_duration_seconds',
      'How long the steps of a revision took.',
      SECONDS,
      ...['source', 'step'],
    ),
  };
}

/** Counts for one source. */
export class SourceCounts implements SourceMetrics {
  readonly #source: string;
  readonly #figures: SourceFigures;
  #shown: { readonly source: string; readonly branch: string; readonly revision: string } | undefined;

  constructor(source: string, figures: SourceFigures) {
    this.#source = source;
    this.#figures = figures;
    this.resumed();
  }

  async timed<T>(step: Step, work: () => Promise<T>): Promise<T> {
    const end = this.#figures.durations.startTimer({ source: this.#source, step });
    try {
      return await work();
    } finally {
      end();
    }
  }

  pollFailed(): void {
    this.#figures.pollFailures.inc({ source: this.#source });
  }

  applying(): void {}

  waiting(): void {}

  stands(): void {}

  applied({ report: { revision, branch, healthy, objects, finishedAt } }: RevisionOutcome): void {
    const source = this.#source;
    const figures = this.#figures;
    figures.revisions.inc({ source, result: healthy ? 'healthy' : 'unhealthy' });
    for (const { action } of objects) {
      figures.objects.inc({ source, action });
    }
    if (revision === this.#shown?.revision) {
      const changed = objects.filter(({ action }) => action === 'configured' || action === 'created');
      figures.drift.inc({ source }, changed.length);
    }
    this.#show(branch, revision);
    if (healthy) {
      figures.success.set({ source }, Date.parse(finishedAt) / 1000);
    }
  }

  failed(error: unknown): void {
    this.#figures.failures.inc({ source: this.#source, code: isSluiceError(error) ? error.code : 'unforeseen' });
  }

  suspended(): void {
    this.#figures.suspended.set({ source: this.#source }, 1);
  }

  resumed(): void {
    this.#figures.suspended.set({ source: this.#source }, 0);
  }

  #show(branch: string, revision: string): void {
    const { current } = this.#figures;
    if (this.#shown !== undefined) {
      current.remove(this.#shown);
    }
    this.#shown = { source: this.#source, branch, revision };
    current.set(this.#shown, 1);
  }
}
