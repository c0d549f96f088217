import { type BenchRow, benchRow } from '../row.ts';
import type { Cost } from './cost.ts';

/** The figures of a cost, with what they are. */
const FIGURES: Readonly<Record<keyof Cost, string>> = {
  millis: 'milliseconds',
  requests: 'requests to the API server',
  cpuMillis: 'milliseconds of processor time',
  peakMegabytes: 'megabytes at most, of all that the process has done so far',
};

/** What we took beside the best of the peers, with what each of them took. */
export function rowsOf(what: string, ours: Cost, peers: ReadonlyMap<string, Cost>): readonly BenchRow[] {
  return (Object.keys(FIGURES) as (keyof Cost)[])
    .filter((figure) => !Number.isNaN(ours[figure]))
    .map((figure) => {
      const all = [...peers].map(([name, cost]) => `${name} ${Math.round(cost[figure])}`);
      const best = Math.min(...[...peers.values()].map((cost) => cost[figure]));
      return benchRow(what, `${FIGURES[figure]}; peer: the best of ${all.join(', ')}`, ours[figure], best);
    });
}
