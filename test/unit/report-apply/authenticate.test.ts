import { describe, expect, test } from 'vitest';
import { createHandler } from '../../../functions/report-apply/handler.ts';
import { lambdaReporter } from '../../../infra/agent/report/report.ts';
import { contextOf } from '../../../infra/local/functions.ts';
import { startHttpServer } from '../../../infra/local/http-server.ts';
import { answerInvoke } from '../../../infra/local/lambda-api.ts';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import type { ApplyReport } from '../../../shared/queue/messages.ts';
import { withProof } from '../../../shared/queue/report-proof.ts';
import { recordingLog } from '../../fakes/recording.ts';

const CLUSTERS = [
  { name: 'prod', secret: 'of prod' },
  { name: 'prod.eu', secret: 'of prod.eu' },
  { name: 'test', secret: 'of test' },
];

const reportOf = (cluster: string): ApplyReport => ({
  version: 1,
  cluster,
  repository: 'https://git.example.com/hello.git',
  branch: 'main',
  revision: '0123456789abcdef',
  objects: [{ object: 'deployment/default/hello', action: 'configured', reason: 'drift' }],
  healthy: true,
  problems: [],
  startedAt: '2026-11-23T10:00:00.000Z',
  finishedAt: '2026-11-23T10:00:02.000Z',
});

/** What was told of a message, and what was thrown. */
async function tell(message: unknown, clusters: typeof CLUSTERS | undefined = CLUSTERS) {
  const { log, lines } = recordingLog();
  const handler = createHandler({ repositories: [], webhooks: [], cache: memoryCache(), clusters, log });
  const error: unknown = await handler(message, contextOf('report-apply')).catch((thrown: unknown) => thrown);
  return { told: lines.map((line) => `${String(line['message'])} in ${String(line['cluster'])}`), error };
}

const taken = (cluster: string) => ({ told: [`revision applied in ${cluster}`], error: undefined });

describe('a report is taken from the agent that it names', () => {
  test.each([
    { name: 'by its secret', cluster: 'prod', secret: 'of prod' },
    { name: 'of one of its sources', cluster: 'prod.shop', secret: 'of prod' },
    { name: 'whose name begins as another', cluster: 'prod.eu', secret: 'of prod.eu' },
    { name: 'of a source of that one', cluster: 'prod.eu.shop', secret: 'of prod.eu' },
  ])('$name', async ({ cluster, secret }) => {
    expect(await tell(withProof(reportOf(cluster), secret))).toEqual(taken(cluster));
  });

  test('whatever order its fields came in', async () => {
    const proven = withProof(reportOf('prod'), 'of prod');
    const turned = Object.fromEntries(Object.entries(proven).toReversed());
    expect(await tell(turned)).toEqual(taken('prod'));
  });

  test('without a secret where sluice.yml has no clusters, with one or without', async () => {
    const { log, lines } = recordingLog();
    const handler = createHandler({ repositories: [], webhooks: [], cache: memoryCache(), log });
    await handler(reportOf('any'), contextOf('report-apply'));
    await handler(withProof(reportOf('any'), 'unasked'), contextOf('report-apply'));
    expect(lines).toHaveLength(2);
  });
});

describe('a report is refused', () => {
  const proven = withProof(reportOf('prod'), 'of prod');
  test.each([
    {
      name: 'without a proof',
      message: reportOf('prod'),
      says: 'report of prod: expected the proof of cluster prod in sluice.yml, found none. Give its agent that secret in --report-secret-file.',
    },
    {
      name: 'in the name of another cluster',
      message: withProof(reportOf('prod'), 'of test'),
      says: 'report of prod: expected the proof of cluster prod in sluice.yml, found that of another secret. Give its agent that secret in --report-secret-file.',
    },
    {
      name: 'in the name of another whose name begins as its own',
      message: withProof(reportOf('prod.eu'), 'of prod'),
      says: 'report of prod.eu: expected the proof of cluster prod.eu in sluice.yml, found that of another secret. Give its agent that secret in --report-secret-file.',
    },
    {
      name: 'of a cluster that sluice.yml does not name',
      message: withProof(reportOf('production'), 'of prod'),
      says: 'report of production: expected one of clusters in sluice.yml, found another name. Name it there, with a secret.',
    },
    {
      name: 'whose cluster was changed',
      message: { ...proven, cluster: 'prod.shop' },
      says: expect.stringContaining('found that of another secret'),
    },
    {
      name: 'whose objects were changed',
      message: { ...proven, objects: [] },
      says: expect.stringContaining('found that of another secret'),
    },
    {
      name: 'with a proof that is no text',
      message: { ...reportOf('prod'), proof: { length: 71 } },
      says: expect.stringContaining('found that of another secret'),
    },
  ])('$name', async ({ message, says }) => {
    expect(await tell(message)).toMatchObject({
      told: [],
      error: { code: 'message-invalid', retryable: false, message: says },
    });
  });
});

test.each([
  { name: 'an agent proves its reports by its secret, read anew each time', count: 1 },
  { name: 'also those that it has to shorten', count: 20_000 },
])('$name', async ({ count }) => {
  const came: unknown[] = [];
  const enqueue = async (payload: unknown) => void came.push(await tell(payload));
  const { log } = recordingLog();
  const server = await startHttpServer(
    0,
    (request, response, body) => answerInvoke(request, response, body, { invoke: async () => undefined, enqueue }),
    log,
  );
  const endpoint = server.url;
  let secret = 'of test';
  const target = { function: 'report-apply', endpoint, region: 'eu-central-1', secret: async () => secret };
  const report = reportOf('prod');
  const long = { ...report, objects: Array.from({ length: count }, () => report.objects[0] ?? never()) };
  const tellAgain = lambdaReporter(target, log);
  await tellAgain(long);
  secret = 'of prod';
  await tellAgain(long);
  expect(came).toEqual([{ told: [], error: expect.objectContaining({ code: 'message-invalid' }) }, taken('prod')]);
  await server.stop();
});

function never(): never {
  throw new Error('a report has an object');
}
