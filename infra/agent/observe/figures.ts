import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const PREFIX = 'sluice_agent_';

/** Makes figures of the agent in a registry: https://prometheus.io/docs/practices/naming/ */
export class Figures {
  readonly #registers: Registry[];

  constructor(registry: Registry) {
    this.#registers = [registry];
  }

  counter(name: string, help: string, ...labelNames: readonly string[]): Counter {
    return new Counter({ name: `${PREFIX}${name}`, help, labelNames, registers: this.#registers });
  }

  gauge(name: string, help: string, ...labelNames: readonly string[]): Gauge {
    return new Gauge({ name: `${PREFIX}${name}`, help, labelNames, registers: this.#registers });
  }

  histogram(name: string, help: string, buckets: readonly number[], ...labelNames: readonly string[]): Histogram {
    const more = { labelNames, buckets: [...buckets], registers: this.#registers };
    return new Histogram({ name: `${PREFIX}${name}`, help, ...more });
  }
}
