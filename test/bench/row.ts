/** One figure of the bench, and what it is held against. */
export interface BenchRow {
  readonly name: string;
  /** Median in milliseconds. */
  readonly ours: number;
  /** The same work done by another tool, in milliseconds; undefined where there is none here. */
  readonly peer: number | undefined;
  /** `ours / peer`: below 1 is faster. */
  readonly ratio: number | undefined;
  /** What was measured: the input, the peer, how many runs. */
  readonly how: string;
}

/** Makes a row of two medians in milliseconds. */
export function benchRow(name: string, how: string, ours: number, peer?: number): BenchRow {
  return { name, ours, peer, ratio: peer === undefined ? undefined : ours / peer, how };
}

/** The median time of some work in milliseconds, after as many runs to warm up as are measured. */
export function medianMillis(runs: number, work: () => unknown): number {
  const times = Array.from({ length: runs * 2 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return medianOf(times.slice(runs));
}

/** The same for work that is waited for, one run after another. */
export async function medianAsyncMillis(runs: number, work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs * 2; run += 1) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return medianOf(times.slice(runs));
}

function medianOf(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}
