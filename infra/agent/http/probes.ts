import type { Liveness } from './liveness.ts';
import type { HttpReply, Routes } from './server.ts';

/**
 * What a cluster asks of each of its pods.
 *
 * @see https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
 */
export function probeRoutes(liveness: Liveness): Routes {
  return {
    'GET /healthz': async () => verdict(liveness.stuck()),
    'GET /readyz': async () => verdict(liveness.missing().map((what) => `${what}: not reached yet`)),
  };
}

function verdict(faults: readonly string[]): HttpReply {
  return faults.length === 0 ? { status: 200, body: 'ok\n' } : { status: 503, body: `${faults.join('\n')}\n` };
}
