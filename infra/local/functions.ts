import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { createHandler as createCommit } from '../../functions/commit-image/handler.ts';
import { createHandler as createEvaluate } from '../../functions/evaluate-policy/handler.ts';
import { createHandler as createReceive } from '../../functions/receive-push/handler.ts';
import { createHandler as createReport } from '../../functions/report-apply/handler.ts';
import { createHandler as createSweep } from '../../functions/sweep/handler.ts';
import { readPushEndpoints, readWebhooks } from '../../shared/connections/endpoints.ts';
import { type ConnectionOptions, openRegistries, openRepositories } from '../../shared/connections/open.ts';
import { siteReader } from '../../shared/decision/repository.ts';
import { consume, eachRecord } from '../../shared/queue/consume.ts';
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
}

/** What a function has for one event. */
const TIMEOUT_MILLIS = 60_000;

export function contextOf(name: string) {
  return lambdaContext(name, TIMEOUT_MILLIS);
}

/**
 * Opens the handlers that Lambda runs, with this machine's ends of their ports.
 *
 * @throws SluiceError `secret-unavailable` or `config-invalid`
 */
export async function openFunctions(connection: ConnectionOptions, queues: Queues): Promise<LocalFunctions> {
  const { now, log } = connection;
  const [repositories, registry] = await Promise.all([openRepositories(connection), openRegistries(connection)]);
  const readSites = siteReader({ cache: connection.cache, log: log.with({ service: 'evaluate-policy' }) });
  const eyes = { repositories, registry, readSites, now };
  const logOf = (name: string) => ({ log: log.with({ service: name }) });
  const consuming = (deadLetters: Queues[keyof Queues]) => ({ deadLetters, maxReceives: MAX_RECEIVES });

  const endpoints = await readPushEndpoints(connection);
  const receive = createReceive({ endpoints, pushes: queues.pushes, now, ...logOf('receive-push') });
  const evaluate = createEvaluate({
    ...eyes,
    updates: queues.updates,
    ...consuming(queues.pushesDead),
    ...logOf('evaluate-policy'),
  });
  const commit = createCommit({ ...eyes, ...consuming(queues.updatesDead), ...logOf('commit-image') });
  const sweep = createSweep({ ...eyes, pushes: queues.pushes, ...logOf('sweep') });
  const report = createReport({ repositories, webhooks: await readWebhooks(connection), ...logOf('report-apply') });
  const reportApply = async (payload: unknown) => report(payload, contextOf('report-apply'));

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
  };
}
