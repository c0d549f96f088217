import { join } from 'node:path';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { AwsAccount } from '../../shared/aws/account.ts';
import type { Config } from '../../shared/config/schema.ts';
import type { Log } from '../../shared/log.ts';
import { prepareStateDirectory } from '../../shared/process/state-directory.ts';
import type { SecretReader } from '../../shared/secrets/secrets.ts';
import { openSqliteCache } from './cache/sqlite-cache.ts';
import { contextOf, openFunctions } from './functions.ts';
import { invocableFunctions } from './invocable.ts';
import { startInvokeServer } from './invoke-server.ts';
import { invokeToken, invokeTokenFile } from './invoke-token.ts';
import { startPushServer } from './push-server.ts';
import { startPoller } from './queue/poller.ts';
import { openQueueStore, releaseInFlight } from './queue/store.ts';
import { openQueues } from './queues.ts';
import { startSchedule } from './schedule.ts';
import { lockState } from './state-lock.ts';

export interface RuntimeOptions {
  readonly config: Config;
  readonly secrets: SecretReader;
  /** Whoever this process is on AWS: registries of ECR are opened by it. */
  readonly aws: AwsAccount;
  /** Keeps the queues, the cache and the clones; of this runtime alone. */
  readonly directory: string;
  /** Of pushes; 0 for a free one. */
  readonly port: number;
  /** Of Lambda's Invoke; 0 for a free one. */
  readonly invokePort: number;
  /** Seconds until the first sweep, which comes at once where it is left out. */
  readonly firstSweepSeconds?: number;
  readonly log: Log;
}

export interface Runtime {
  /** Takes pushes at `/push/{source}`. */
  readonly url: string;
  /** Takes Lambda's invocations of the functions by their names, with the token as the access key. */
  readonly invokeUrl: string;
  /** Holds the token. */
  readonly tokenFile: string;
  /** Takes nothing new, finishes what is in work, and leaves the rest in the queues. */
  stop(): Promise<void>;
}

const EVALUATIONS_AT_ONCE = 4;
/** Six times what its function has, as on AWS. */
const VISIBILITY_SECONDS = 360;

/**
 * Runs the functions on this machine: the handlers that Lambda runs, with the same events, on queues and a cache of
 * SQLite.
 *
 * @throws SluiceError where a secret cannot be read, the port is taken, or the directory is another runtime's or not to be written
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  prepareStateDirectory(options.directory);
  const lock = lockState(options.directory);
  try {
    const runtime = await startUnlocked(options);
    return { ...runtime, stop: async () => runtime.stop().finally(() => lock.release()) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function startUnlocked({
  config,
  secrets,
  aws,
  directory,
  port,
  invokePort,
  firstSweepSeconds,
  log,
}: RuntimeOptions): Promise<Runtime> {
  const now = Date.now;
  const store = openQueueStore(join(directory, 'queues.db'));
  releaseInFlight(store, now());
  const queues = openQueues(store);
  const cache = openSqliteCache(join(directory, 'cache.db'), now);
  let pushUrl: string | undefined;
  const connection = { config, secrets, aws, directory, cache, now, log };
  const functions = await openFunctions(connection, queues, () => pushUrl);
  const receive = async (event: APIGatewayProxyEventV2) =>
    functions['receive-push'].handler(event, contextOf('receive-push'));
  const pushServer = await startPushServer({ port, receive, log });
  pushUrl = `${pushServer.url}/push`;
  const invokeServer = await startInvokeServer({
    port: invokePort,
    functions: invocableFunctions(functions, queues),
    token: invokeToken(directory),
    log,
  }).catch(async (error: unknown) => {
    await pushServer.stop();
    throw error;
  });
  // Which queue feeds which function, and how many batches at once: on AWS the event source mappings.
  const mappings = [
    {
      queue: 'pushes',
      feeds: 'evaluate-policy',
      handler: functions['evaluate-policy'].handler,
      concurrency: EVALUATIONS_AT_ONCE,
    },
    {
      queue: 'updates',
      feeds: 'commit-image',
      handler: functions['commit-image'].handler,
      concurrency: config.repositories.length,
    },
    { queue: 'reports', feeds: 'report-apply', handler: functions.reportApplyQueued, concurrency: 1 },
  ] as const;
  const pollers = mappings.map(({ queue, feeds, handler, concurrency }) =>
    startPoller({
      name: queue,
      queue: queues[queue],
      handler,
      context: () => contextOf(feeds),
      concurrency,
      visibilitySeconds: VISIBILITY_SECONDS,
      log,
    }),
  );
  const sweep = async () => functions.sweep.handler({}, contextOf('sweep'));
  const schedule = startSchedule(config.sweep.every, sweep, log, firstSweepSeconds);

  return {
    url: pushServer.url,
    invokeUrl: invokeServer.url,
    tokenFile: invokeTokenFile(directory),
    async stop() {
      await Promise.all([pushServer.stop(), invokeServer.stop()]);
      await Promise.all([schedule.stop(), ...pollers.map((poller) => poller.stop())]);
      store.close();
    },
  };
}
