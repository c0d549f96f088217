import * as z from 'zod';
import type { Cache } from '../../shared/cache/port.ts';
import type { Check } from '../../shared/operations/finding.ts';
import type { ApplyReport } from '../../shared/queue/messages.ts';

/** What is remembered of the last report of each agent. */
const lastReports = z.record(
  z.string(),
  z.object({ revision: z.string(), healthy: z.boolean(), problems: z.array(z.string()), finishedAt: z.string() }),
);

const KEY = 'last reports 1';
const TTL_SECONDS = 90 * 24 * 60 * 60;

/** Keeps what an agent reported last. Where two report at the same time, one may be missing until it reports again. */
export async function rememberReport(cache: Cache, report: ApplyReport): Promise<void> {
  const { cluster, repository, branch, revision, healthy, problems, finishedAt } = report;
  const last = { revision, healthy, problems, finishedAt };
  await cache.set(KEY, { ...(await read(cache)), [`${cluster}: ${repository} (${branch})`]: last }, TTL_SECONDS);
}

/** What the agents reported last; one finding for all, the worst first. */
export function agentCheck(cache: Cache): Check {
  return async () => {
    const agents = Object.entries(await read(cache)).toSorted(([, a], [, b]) => Number(a.healthy) - Number(b.healthy));
    const found = agents.map(
      ([name, { revision, healthy, problems, finishedAt }]) =>
        `${name} at ${revision.slice(0, 7)} ${healthy ? 'healthy' : `not healthy: ${problems.join('; ')}`} (${finishedAt})`,
    );
    if (agents.length === 0) {
      const next = 'Start an agent in each cluster, with --report-function.';
      return { status: 'warning', subject: 'agents', found: 'none has reported yet', next };
    }
    const isHealthy = agents.every(([, { healthy }]) => healthy);
    return { status: isHealthy ? 'ok' : 'warning', subject: 'agents', found: found.join('; ') };
  };
}

async function read(cache: Cache): Promise<z.infer<typeof lastReports>> {
  return lastReports.safeParse(await cache.get(KEY)).data ?? {};
}
