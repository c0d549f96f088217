import type { Cache } from '../../shared/cache/port.ts';
import type { Check } from '../../shared/operator/finding.ts';
import type { ApplyReport } from '../../shared/queue/messages.ts';
import * as z from '../../shared/schema.ts';

/** What is remembered of the last report of each agent. */
const lastReports = z.record(
  z.string(),
  z.object({ revision: z.string(), healthy: z.boolean(), problems: z.array(z.string()), finishedAt: z.string() }),
);

const KEY = 'last reports 1';
const TTL_SECONDS = 90 * 24 * 60 * 60;

/** Keeps what an agent reported last. */
export async function rememberReport(cache: Cache, report: ApplyReport): Promise<void> {
  const { cluster, repository, branch, revision, healthy, problems, finishedAt } = report;
  const last = { revision, healthy, problems, finishedAt };
  const add = (before: unknown) => ({ ...parse(before), [`${cluster}: ${repository} (${branch})`]: last });
  await cache.update(KEY, add, TTL_SECONDS);
}

/** What the agents reported last; one finding for all, the worst first. */
export function agentCheck(cache: Cache): Check {
  return async () => {
    const agents = Object.entries(parse(await cache.get(KEY))).toSorted(
      ([, a], [, b]) => Number(a.healthy) - Number(b.healthy),
    );
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

function parse(kept: unknown): z.infer<typeof lastReports> {
  return lastReports.safeParse(kept).data ?? {};
}
