import { describe, expect, test } from 'vitest';
import { waitFor } from '../../cluster/daemon.ts';
import { claimsOf, onlyPod, TOKEN_SECONDS, tokenOf } from './expiring-agent.ts';
import { configMap } from './manifests.ts';
import { untilSaid } from './observed.ts';
import type { PodStage } from './stage.ts';

/** An API server takes a token for so long after its end, for clocks that differ. */
const LEEWAY_SECONDS = 60;

/** The token of an agent's account, to its end and beyond. */
export function expiry(stage: () => PodStage): void {
  describe('an agent whose token its kubelet replaces while it runs', () => {
    test('goes on with the next when the first has expired', { timeout: 900_000 }, async () => {
      const { cluster, branch, expiring } = stage();
      const { iat, exp, ...claims } = claimsOf(expiring.token);
      const before = await onlyPod(cluster);
      expect({ seconds: exp - iat, of: claims['kubernetes.io'].pod.name }).toEqual({
        seconds: TOKEN_SECONDS,
        of: before.name,
      });
      const isRefused = async () =>
        (await cluster.api.request('/api/v1/namespaces/sluice/configmaps', { token: expiring.token })).status === 401;
      const left = exp + LEEWAY_SECONDS - Date.now() / 1000;
      await waitFor('the first token is refused', isRefused, { timeoutMillis: Math.max(0, left) * 1000 + 30_000 });
      expect(await tokenOf(cluster, before.name)).not.toBe(expiring.token);
      branch.commit({ 'expiring/a.json': configMap('expiring', 'by a later token') });
      await untilSaid(stage(), 'expiring', 'by a later token');
      expect({ ...(await onlyPod(cluster)), pod: before.uid }).toEqual({ ...before, pod: expiring.pod, restarts: 0 });
    });
  });
}
