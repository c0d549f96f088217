import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { isSluiceError } from '../../../shared/errors.ts';
import type { Routes } from '../http/server.ts';
import { AGENT_VERSION } from '../version.ts';
import type { RevisionObserver } from './revision-observer.ts';

/** What a revision goes through, in this order. */
export type Step = 'fetch' | 'render' | 'apply' | 'health';

/** Figures for Prometheus: https://prometheus.io/docs/practices/naming/ */
export interface Metrics {
  readonly routes: Routes;
  readonly leading: (isLeading: boolean) => void;
  /** The API server answered. */
  readonly answered: (method: string) => void;
  /** The figures of one source. */
  readonly of: (source: string) => SourceMetrics;
}

export interface SourceMetrics extends RevisionObserver {
  readonly timed: <T>(step: Step, work: () => Promise<T>) => Promise<T>;
  readonly pollFailed: () => void;
}

const PREFIX = 'sluice_agent_';
const SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** Figures of this process and of the sources that it follows. */
export function createMetrics(): Metrics {
  const registers = [new Registry()];
  const [registry = new Registry()] = registers;
  collectDefaultMetrics({ register: registry });
  const counter = (name: string, help: string, ...labelNames: readonly string[]) =>
    new Counter({ name: `${PREFIX}${name}`, help, labelNames: ['source', ...labelNames], registers });
  const gauge = (name: string, help: string, ...labelNames: readonly string[]) =>
    new Gauge({ name: `${PREFIX}${name}`, help, labelNames, registers });

  const revisions = counter('revisions_total', 'Revisions that were applied, by what came of it.', 'result');
  const objects = counter('objects_total', 'Objects of applied revisions, by what was done to them.', 'action');
  const drift = counter('drift_corrections_total', 'Objects that had changed by another hand and were set right.');
  const failures = counter('failures_total', 'Steps that failed, by error code.', 'code');
  const pollFailures = counter('poll_failures_total', 'Looks at a repository that failed.');
  const success = gauge('last_success_timestamp_seconds', 'When a revision was last found healthy.', 'source');
  const current = gauge('revision_info', 'The revision that was applied last.', 'source', 'branch', 'revision');
  const suspended = gauge('suspended', '1 while a source is suspended.', 'source');
  const requests = new Counter({
    name: `${PREFIX}api_requests_total`,
    help: 'Requests that the API server answered.',
    labelNames: ['method'],
    registers,
  });
  const leader = gauge('leader', '1 while this replica leads.');
  gauge('build_info', 'The release of the agent.', 'version').set({ version: AGENT_VERSION }, 1);
  const durations = new Histogram({
    name: `${PREFIX}step_duration_seconds`,
    help: 'How long the steps of a revision took.',
    labelNames: ['source', 'step'],
    buckets: SECONDS,
    registers,
  });
  leader.set(0);

  return {
    routes: {
      'GET /metrics': async () => ({ status: 200, type: registry.contentType, body: await registry.metrics() }),
    },
    leading: (isLeading) => leader.set(Number(isLeading)),
    answered: (method) => requests.inc({ method }),
    of(source) {
      let shown: { readonly source: string; readonly branch: string; readonly revision: string } | undefined;
      suspended.set({ source }, 0);
      return {
        async timed(step, work) {
          const end = durations.startTimer({ source, step });
          try {
            return await work();
          } finally {
            end();
          }
        },
        pollFailed: () => pollFailures.inc({ source }),
        applying() {},
        waiting() {},
        stands() {},
        applied({ report: { revision, branch, healthy, objects: told, finishedAt } }) {
          revisions.inc({ source, result: healthy ? 'healthy' : 'unhealthy' });
          for (const { action } of told) {
            objects.inc({ source, action });
          }
          if (revision === shown?.revision) {
            drift.inc({ source }, told.filter(({ action }) => action === 'configured' || action === 'created').length);
          }
          if (shown !== undefined) {
            current.remove(shown);
          }
          shown = { source, branch, revision };
          current.set(shown, 1);
          if (healthy) {
            success.set({ source }, Date.parse(finishedAt) / 1000);
          }
        },
        failed: (error) => failures.inc({ source, code: isSluiceError(error) ? error.code : 'unforeseen' }),
        suspended: () => suspended.set({ source }, 1),
        resumed: () => suspended.set({ source }, 0),
      };
    },
  };
}
