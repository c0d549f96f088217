import { expect, test } from 'vitest';
import { Liveness } from '../../../../infra/agent/http/liveness.ts';
import { openInventory } from '../../../../infra/agent/inventory/inventory.ts';
import { measureSource, stepLimits } from '../../../../infra/agent/observe/measure.ts';
import { createMetrics } from '../../../../infra/agent/observe/metrics.ts';
import { DEFAULT_PRUNE_LIMIT } from '../../../../infra/agent/prune/prune-limit.ts';
import { reconcile } from '../../../../infra/agent/reconcile.ts';
import { recordingLog } from '../../../fakes/recording.ts';
import { openDouble } from '../double.ts';
import { renderFiles } from '../render/tree.ts';

const deployment = (name: string, wave: number) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, annotations: { argocd.argoproj.io/sync-wave: "${wave}" } }
spec:
  replicas: 1
  selector: { matchLabels: { app: ${name} } }
  template: { metadata: { labels: { app: ${name} } }, spec: { containers: [{ name: app, image: "app:1" }] } }
`;

test('the time of an apply stands still while its waves are waited for, each as long as it may', async () => {
  const { cluster } = await openDouble();
  const vitals = new Liveness([]);
  // Whatever is applying counts as stuck at once, and a wait only when it takes too long.
  const limits = { ...stepLimits(1000, 300_000, 60_000), apply: -1 };
  const { step } = measureSource('repository shop', limits, vitals, createMetrics().of('shop'));
  const seen: { readonly at: string; readonly stuck: number }[] = [];
  const { report } = await reconcile(
    { repository: 'https://git.example.com/hello.git', branch: 'main', commit: 'c1' },
    await renderFiles({ 'a.yml': deployment('a', 0), 'b.yml': deployment('b', 1), 'c.yml': deployment('c', 2) }),
    {
      cluster: {
        ...cluster,
        async apply(manifest) {
          if (manifest.kind === 'Deployment') {
            seen.push({ at: `apply of ${manifest.metadata.name}`, stuck: vitals.stuck().length });
          }
          return cluster.apply(manifest);
        },
      },
      inventory: openInventory(cluster, 'shop', 'default'),
      mark: async () => {},
      agent: 'shop',
      prune: { limit: DEFAULT_PRUNE_LIMIT, allow: new Set() },
      healthTimeoutMillis: 60_000,
      signal: new AbortController().signal,
      log: recordingLog().log,
      progress: {
        step,
        waiting: ([first]) => void seen.push({ at: `wait for ${first?.id.name}`, stuck: vitals.stuck().length }),
      },
      now: Date.now,
    },
  );
  expect(report.healthy).toBe(true);
  const [applies, waits] = ['apply', 'wait'].map((what) => seen.filter(({ at }) => at.startsWith(what)));
  expect(applies?.map(({ at }) => at)).toEqual(['apply of a', 'apply of b', 'apply of c']);
  expect(new Set(waits?.map(({ at }) => at))).toEqual(new Set(['wait for a', 'wait for b', 'wait for c']));
  expect(applies?.every(({ stuck }) => stuck === 1)).toBe(true);
  expect(waits?.every(({ stuck }) => stuck === 0)).toBe(true);
});
