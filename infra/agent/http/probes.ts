import type { Vitals } from './liveness.ts';
import type { HttpReply, Routes } from './server.ts';

/**
 * What a cluster asks of each of its pods.
 *
 * @see https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
 */
export function probeRoutes(vitals: Vitals): Routes {
  return {
    'GET /healthz': async () => verdict(vitals.stuck()),
    'GET /readyz': async () => verdict(vitals.missing().map((what) => `${what}: not reached yet`)),
  };
}

function verdict(faults: readonly string[]): HttpReply {
  return faults.length === 0 ? { status: 200, body: 'ok\n' } : { status: 503, body: `${faults.join('\n')}\n` };
}
