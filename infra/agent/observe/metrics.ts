import { type Counter, collectDefaultMetrics, type Gauge, Registry } from 'prom-client';
import type { Routes } from '../http/server.ts';
import { AGENT_VERSION } from '../version.ts';
import { Figures } from './figures.ts';
import { SourceCounts, type SourceFigures, type SourceMetrics, sourceFigures } from './source-metrics.ts';

/** Returns the metrics of this process and of the sources that it follows. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return new Metrics(registry);
}

/** What Prometheus reads of an agent. */
export class Metrics {
  readonly routes: Routes;
  readonly #ofSources: SourceFigures;
  readonly #requests: Counter;
  readonly #leader: Gauge;

  constructor(registry: Registry) {
    const figures = new Figures(registry);
    this.routes = {
      'GET /metrics': async () => ({ status: 200, type: registry.contentType, body: await registry.metrics() }),
    };
    this.#ofSources = sourceFigures(figures);
    this.#requests = figures.counter('api_requests_total', 'Requests that the API server answered.', 'method');
    this.#leader = figures.gauge('leader', '1 while this replica leads.');
    this.#leader.set(0);
    figures.gauge('build_info', 'The release of the agent.', 'version').set({ version: AGENT_VERSION }, 1);
  }

  /** A field, because it is handed on by itself. */
  readonly leading = (isLeading: boolean): void => this.#leader.set(Number(isLeading));

  /** Counts an answer of the API server. */
  answered(method: string): void {
    this.#requests.inc({ method });
  }

  /** Returns what counts for one source. */
  of(source: string): SourceMetrics {
    return new SourceCounts(source, this.#ofSources);
  }
}
