import type { Cache } from '../../shared/cache/port.ts';
import type { Check } from '../../shared/operator/finding.ts';
import * as z from '../../shared/schema.ts';

/** What a sweep came to. */
const sweepResult = z.object({
  /** How many places that name an image were compared with their registries. */
  sites: z.number(),
  /** How many pushes were missed, and queued now. */
  found: z.number(),
  /** How many sites and repositories could not be looked at. */
  failed: z.number(),
  /** How many sites there was no time for; of a repository that was not begun, one. */
  left: z._default(z.number(), 0),
});
export type SweepResult = z.infer<typeof sweepResult>;

const lastSweep = z.extend(sweepResult, { finishedAt: z.number() });

const KEY = 'last sweep 1';
const TTL_SECONDS = 90 * 24 * 60 * 60;
/** Fewer are no sign that it stands still. */
const MISSED_SWEEPS = 3;

export async function rememberSweep(cache: Cache, result: SweepResult, now: number): Promise<void> {
  await cache.set(KEY, { ...result, finishedAt: now }, TTL_SECONDS);
}

/** When the last sweep was, and what it came to. @param everySeconds its schedule */
export function sweepCheck(cache: Cache, everySeconds: number, now: () => number): Check {
  return async () => {
    const last = lastSweep.safeParse(await cache.get(KEY)).data;
    const subject = 'sweep';
    if (last === undefined) {
      const next = `Wait ${everySeconds} seconds, then look into the log of sweep.`;
      return { status: 'warning', subject, found: 'none has finished yet', next };
    }
    const { sites, found, failed, left, finishedAt } = last;
    const counts = `${sites} images compared, ${found} missed pushes found, ${failed} failures`;
    const told = `finished ${new Date(finishedAt).toISOString()}: ${counts}`;
    if (now() - finishedAt > MISSED_SWEEPS * everySeconds * 1000) {
      const next = `It should run every ${everySeconds} seconds: look at its schedule and its log.`;
      return { status: 'failure', subject, found: told, next };
    }
    if (left > 0) {
      const next = 'They have their turn another time; on AWS raise the timeout of sweep in serverless.yml.';
      return { status: 'warning', subject, found: `no time for ${left} images; ${told}`, next };
    }
    return failed === 0
      ? { status: 'ok', subject, found: told }
      : { status: 'warning', subject, found: told, next: 'Look into the log of sweep for "not swept".' };
  };
}
