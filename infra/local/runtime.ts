import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createHandler as createCommit } from '../../functions/commit-image/handler.ts';
import { createHandler as createEvaluate } from '../../functions/evaluate-policy/handler.ts';
import { createHandler as createReceive } from '../../functions/receive-push/handler.ts';
import { createHandler as createReport } from '../../functions/report-apply/handler.ts';
import { createHandler as createSweep } from '../../functions/sweep/handler.ts';
import type { Config } from '../../shared/config/schema.ts';
import type { SecretReader } from '../../shared/config/secrets.ts';
import { readPushEndpoints, readWebhooks } from '../../shared/connections/endpoints.ts';
import { type ConnectionOptions, openRegistries, openRepositories } from '../../shared/connections/open.ts';
import { siteReader } from '../../shared/decision/repository.ts';
import type { Log } from '../../shared/log.ts';
import { consume, eachRecord } from '../../shared/queue/consume.ts';
import { openSqliteCache } from './cache/sqlite-cache.ts';
import { startHttpServer } from './http-server.ts';
import { lambdaContext } from './lambda-context.ts';
import { type BatchHandler, type Poller, startPoller } from './queue/poller.ts';
import { openQueueStore, releaseInFlight } from './queue/store.ts';
import { MAX_RECEIVES, openQueues } from './queues.ts';
import { startSchedule } from './schedule.ts';

export interface RuntimeOptions {
  readonly config: Config;
  readonly secrets: SecretReader;
  /** Keeps the queues, the cache and the clones. */
  readonly directory: string;
  /** 0 for a free one. */
  readonly port: number;
  readonly log: Log;
}

export interface Runtime {
  /** Takes pushes at `/push/{source}` and Lambda invocations of `report-apply`. */
  readonly url: string;
  /** Takes nothing new, finishes what is in work, and leaves the rest in the queues. */
  stop(): Promise<void>;
}

/** Each is six times the time that its function has, as on AWS. */
const VISIBILITY_SECONDS = { pushes: 180, updates: 360, reports: 180 } as const;
const EVALUATIONS_AT_ONCE = 4;
const TIMEOUT_MILLIS = 60_000;

/**
 * Runs the functions on this machine: the handlers that Lambda runs, with the same events, on queues and a cache of
 * SQLite.
 *
 * @throws SluiceError where a secret cannot be read or the port is taken
 */
export async function startRuntime({ config, secrets, directory, port, log }: RuntimeOptions): Promise<Runtime> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const now = Date.now;
  const store = openQueueStore(join(directory, 'queues.db'));
  releaseInFlight(store, now());
  const queues = openQueues(store);
  const cache = openSqliteCache(join(directory, 'cache.db'), now);
  const connection: ConnectionOptions = { config, secrets, directory, cache, now };
  const [repositories, registry] = await Promise.all([openRepositories(connection), openRegistries(connection)]);
  const eyes = { repositories, registry, readSites: siteReader(), now };
  const logOf = (name: string) => ({ log: log.with({ service: name }) });
  const context = (name: string) => () => lambdaContext(name, TIMEOUT_MILLIS);
  const { pushes, updates, reports } = queues;

  const report = createReport({ webhooks: await readWebhooks(connection), ...logOf('report-apply') });
  const receive = createReceive({
    endpoints: await readPushEndpoints(connection),
    pushes,
    now,
    ...logOf('receive-push'),
  });
  const evaluate = createEvaluate({
    ...eyes,
    updates,
    deadLetters: queues.pushesDead,
    maxReceives: MAX_RECEIVES,
    ...logOf('evaluate-policy'),
  });
  const commit = createCommit({
    ...eyes,
    deadLetters: queues.updatesDead,
    maxReceives: MAX_RECEIVES,
    ...logOf('commit-image'),
  });
  const sweep = createSweep({ ...eyes, pushes, ...logOf('sweep') });

  const server = await startHttpServer({
    port,
    receive: async (event) => receive(event, context('receive-push')()),
    functions: {
      'report-apply': {
        invoke: async (payload) => report(payload, context('report-apply')()),
        enqueue: async (payload) => reports.send([{ body: JSON.stringify(payload) }]),
      },
    },
    log,
  });
  const poll = (
    name: string,
    queue: typeof pushes,
    handler: BatchHandler,
    concurrency: number,
    seconds: number,
  ): Poller =>
    startPoller({ name, queue, handler, context: context(name), concurrency, visibilitySeconds: seconds, log });
  // What Lambda does for an invocation that nobody waits for: it keeps the event and tries again.
  const invokeReport: BatchHandler = async (event: SQSEvent): Promise<SQSBatchResponse> =>
    consume(
      event,
      { deadLetters: queues.reportsDead, maxReceives: MAX_RECEIVES, ...logOf('report-apply') },
      eachRecord(async ({ body }) => report(JSON.parse(body), context('report-apply')())),
    );
  const pollers = [
    poll(
      'evaluate-policy',
      pushes,
      async (event, lambda) => evaluate(event, lambda),
      EVALUATIONS_AT_ONCE,
      VISIBILITY_SECONDS.pushes,
    ),
    poll(
      'commit-image',
      updates,
      async (event, lambda) => commit(event, lambda),
      repositories.length,
      VISIBILITY_SECONDS.updates,
    ),
    poll('report-apply', reports, invokeReport, 1, VISIBILITY_SECONDS.reports),
  ];
  const schedule = startSchedule(config.sweep.every, async () => sweep({}, context('sweep')()), log);

  return {
    url: server.url,
    async stop() {
      await server.stop();
      await Promise.all([schedule.stop(), ...pollers.map((poller) => poller.stop())]);
      store.close();
    },
  };
}
