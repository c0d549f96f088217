import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { createHandler as createCommit } from '../../functions/commit-image/handler.ts';
import { commitOperations } from '../../functions/commit-image/operations.ts';
import { createHandler as createEvaluate } from '../../functions/evaluate-policy/handler.ts';
import { evaluateOperations } from '../../functions/evaluate-policy/operations.ts';
import { createHandler as createReceive } from '../../functions/receive-push/handler.ts';
import { receiveOperations } from '../../functions/receive-push/operations.ts';
import { createHandler as createReport } from '../../functions/report-apply/handler.ts';
import { reportOperations } from '../../functions/report-apply/operations.ts';
import { createHandler as createSweep } from '../../functions/sweep/handler.ts';
import { sweepCheck } from '../../functions/sweep/last-sweep.ts';
import type { FunctionName } from '../../shared/config/secret-uses.ts';
import { readClusters, readPushEndpoints, readWebhooks } from '../../shared/connections/endpoints.ts';
import { type ConnectionOptions, openRegistries, openRepositories } from '../../shared/connections/open.ts';
import { siteReader } from '../../shared/decision/repository.ts';
import type { Operations } from '../../shared/operations/operations.ts';
import { consume, eachRecord } from '../../shared/queue/partial-batch-failures.ts';
import type { MessageQueue } from '../../shared/queue/port.ts';
import { lambdaContext } from './lambda-context.ts';
import type { BatchHandler } from './queue/poller.ts';
import { MAX_RECEIVES, type Queues } from './queues.ts';

/** The five functions as this machine calls them. */
export interface LocalFunctions {
  readonly receivePush: (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;
  readonly evaluatePolicy: BatchHandler;
  readonly commitImage: BatchHandler;
  readonly sweep: () => Promise<void>;
  readonly reportApply: (report: unknown) => Promise<void>;
  /** report-apply for invocations that nobody waits for: Lambda keeps those events and tries again. */
  readonly reportApplyQueued: BatchHandler;
  /** What each offers to its operator. */
  readonly operations: Readonly<Record<FunctionName, Operations>>;
}

/** What a function has for one event; a sweep goes through all repositories. */
const TIMEOUT_MILLIS = 60_000;
const SWEEP_MILLIS = 300_000;

export function contextOf(name: FunctionName) {
  return lambdaContext(name, name === 'sweep' ? SWEEP_MILLIS : TIMEOUT_MILLIS);
}

/**
 * Opens the handlers that Lambda runs, with this machine's ends of their ports.
 *
 * @param pushUrl where registries tell of pushes, once it is known
 * @throws SluiceError `secret-unavailable` or `config-invalid`
 */
export async function openFunctions(
  connection: ConnectionOptions,
  queues: Queues,
  pushUrl: () => string | undefined,
): Promise<LocalFunctions> {
  const { now, log, cache, config } = connection;
  const [repositories, registry] = await Promise.all([openRepositories(connection), openRegistries(connection)]);
  const readSites = siteReader({ cache, log: log.with({ service: 'evaluate-policy' }) });
  const eyes = { repositories, registry, readSites, now };
  const logOf = (name: FunctionName) => ({ log: log.with({ service: name }) });
  const consuming = (deadLetters: MessageQueue) => ({ deadLetters, maxReceives: MAX_RECEIVES });

  const endpoints = await readPushEndpoints(connection);
  const receive = createReceive({ endpoints, pushes: queues.pushes, now, ...logOf('receive-push') });
  const evaluate = createEvaluate({
    ...eyes,
    updates: queues.updates,
    ...consuming(queues.pushesDead),
    ...logOf('evaluate-policy'),
  });
  const commit = createCommit({ ...eyes, ...consuming(queues.updatesDead), ...logOf('commit-image') });
  const sweep = createSweep({ ...eyes, cache, pushes: queues.pushes, ...logOf('sweep') });
  const webhooks = await readWebhooks(connection);
  const clusters = await readClusters(connection);
  const report = createReport({ repositories, webhooks, clusters, cache, ...logOf('report-apply') });
  const reportApply = async (payload: unknown) => report(payload, contextOf('report-apply'));
  const dead = (queue: MessageQueue, target: MessageQueue) => ({ open: async () => queue, target });

  return {
    receivePush: async (event) => receive(event, contextOf('receive-push')),
    evaluatePolicy: async (event, context) => evaluate(event, context),
    commitImage: async (event, context) => commit(event, context),
    sweep: async () => sweep({}, contextOf('sweep')),
    reportApply,
    reportApplyQueued: async (event) =>
      consume(
        event,
        { ...consuming(queues.reportsDead), ...logOf('report-apply') },
        eachRecord(async ({ body }) => reportApply(JSON.parse(body))),
      ),
    operations: {
      'receive-push': receiveOperations({ endpoints, pushUrl, deadLetters: undefined }),
      'evaluate-policy': evaluateOperations({
        ...eyes,
        hosts: config.registries.map(({ host }) => host),
        pushes: async () => queues.pushes,
        deadLetters: dead(queues.pushesDead, queues.pushes),
      }),
      'commit-image': commitOperations({
        repositories,
        updates: async () => queues.updates,
        deadLetters: dead(queues.updatesDead, queues.updates),
      }),
      sweep: { checks: [sweepCheck(cache, config.sweep.every, now)] },
      'report-apply': reportOperations({
        repositories,
        cache,
        deadLetters: dead(queues.reportsDead, queues.reports),
      }),
    },
  };
}
