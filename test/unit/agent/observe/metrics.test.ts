import { expect, test } from 'vitest';
import { Liveness } from '../../../../infra/agent/http/liveness.ts';
import { measureSource, stepLimits } from '../../../../infra/agent/observe/measure.ts';
import { createMetrics, type Metrics } from '../../../../infra/agent/observe/metrics.ts';
import { SluiceError } from '../../../../shared/errors.ts';
import type { ApplyReport } from '../../../../shared/queue/messages.ts';

const scrape = async (metrics: Metrics) => {
  const reply = await metrics.routes['GET /metrics']?.({ headers: {}, body: Buffer.alloc(0) });
  return { type: reply?.type, lines: (reply?.body ?? '').split('\n') };
};
const outcome = (revision: string, actions: readonly ApplyReport['objects'][number]['action'][], healthy = true) => ({
  report: {
    version: 1 as const,
    cluster: 'shop',
    repository: 'https://git.example.com/shop.git',
    branch: 'main',
    revision,
    objects: actions.map((action, index) => ({ object: `configmap/default/${index}`, action })),
    healthy,
    problems: [],
    startedAt: '2026-11-23T10:00:00.000Z',
    finishedAt: '2026-11-23T10:00:01.000Z',
  },
  results: [],
  unhealthy: [],
  isWhole: true,
});

test('revisions, objects, drift and failures are counted', async () => {
  const metrics = createMetrics();
  const shop = metrics.of('shop');
  metrics.leading(true);
  shop.applied(outcome('c1', ['created', 'created']));
  shop.applied(outcome('c1', ['unchanged', 'configured']));
  shop.applied(outcome('c2', ['configured', 'failed'], false));
  shop.failed(new SluiceError({ code: 'git-unavailable', subject: 'repository', found: 'nobody' }));
  shop.failed(new Error('unforeseen'));
  shop.suspended('release freeze');
  const { type, lines } = await scrape(metrics);
  expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(lines).toEqual(
    expect.arrayContaining([
      'sluice_agent_revisions_total{source="shop",result="healthy"} 2',
      'sluice_agent_revisions_total{source="shop",result="unhealthy"} 1',
      'sluice_agent_objects_total{source="shop",action="created"} 2',
      'sluice_agent_objects_total{source="shop",action="configured"} 2',
      'sluice_agent_drift_corrections_total{source="shop"} 1',
      'sluice_agent_failures_total{source="shop",code="git-unavailable"} 1',
      'sluice_agent_failures_total{source="shop",code="unforeseen"} 1',
      'sluice_agent_last_success_timestamp_seconds{source="shop"} 1795428001',
      'sluice_agent_revision_info{source="shop",branch="main",revision="c2"} 1',
      'sluice_agent_leader 1',
      'sluice_agent_suspended{source="shop"} 1',
      'sluice_agent_build_info{version="0.1.0"} 1',
    ]),
  );
  expect(lines.filter((line) => line.startsWith('sluice_agent_revision_info'))).toHaveLength(1);
  expect(lines.some((line) => line.startsWith('process_resident_memory_bytes '))).toBe(true);
  shop.resumed();
  expect((await scrape(metrics)).lines).toContain('sluice_agent_suspended{source="shop"} 0');
});

test('steps are measured, and a look that succeeds makes the source ready', async () => {
  const metrics = createMetrics();
  const vitals = new Liveness(['repository shop']);
  const { step, instrument: looks } = measureSource(
    'repository shop',
    stepLimits(1000, 300_000, 1000),
    vitals,
    metrics.of('shop'),
  );
  let isAway = true;
  let atOnce = 0;
  const head = looks(async () => {
    atOnce += 1;
    await new Promise(setImmediate);
    expect(atOnce).toBe(1);
    atOnce -= 1;
    if (isAway) {
      throw new Error('away');
    }
    return 'c1';
  });
  await expect(head()).rejects.toThrow('away');
  expect(vitals.missing()).toEqual(['repository shop']);
  isAway = false;
  expect(await Promise.all([head(), head()])).toEqual(['c1', 'c1']);
  expect(vitals.missing()).toEqual([]);
  expect(await step('render', async () => 'rendered')).toBe('rendered');
  const { lines } = await scrape(metrics);
  expect(lines).toContain('sluice_agent_step_duration_seconds_count{source="shop",step="fetch"} 3');
  expect(lines).toContain('sluice_agent_step_duration_seconds_count{source="shop",step="render"} 1');
  expect(lines).toContain('sluice_agent_poll_failures_total{source="shop"} 1');
});
