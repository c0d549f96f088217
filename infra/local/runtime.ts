import { join } from 'node:path';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { AwsAccount } from '../../shared/aws/account.ts';
import type { Config } from '../../shared/config/schema.ts';
import type { FunctionName } from '../../shared/config/secret-uses.ts';
import type { Log } from '../../shared/log.ts';
import { prepareStateDirectory } from '../../shared/process/state-directory.ts';
import type { SecretReader } from '../../shared/secrets/secrets.ts';
import { openSqliteCache } from './cache/sqlite-cache.ts';
import { contextOf, type LocalFunctions, openFunctions } from './functions.ts';
import type { HttpServer } from './http-server.ts';
import { invocableFunctions } from './invocable.ts';
import { startInvokeServer } from './invoke-server.ts';
import { invokeToken, invokeTokenFile } from './invoke-token.ts';
import { startPushServer } from './push-server.ts';
import { type BatchHandler, type Poller, startPoller } from './queue/poller.ts';
import { openQueueStore, releaseInFlight } from './queue/store.ts';
import { openQueues, type Queues } from './queues.ts';
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

async function startUnlocked(options: RuntimeOptions): Promise<Runtime> {
  const { config, directory, firstSweepSeconds, log } = options;
  const now = Date.now;
  const store = openQueueStore(join(directory, 'queues.db'));
  releaseInFlight(store, now());
  const queues = openQueues(store);
  const cache = openSqliteCache(join(directory, 'cache.db'), now);
  let pushUrl: string | undefined;
  const functions = await openFunctions({ ...options, cache, now }, queues, () => pushUrl);
  const servers = await startServers(functions, queues, options);
  pushUrl = `${servers.push.url}/push`;
  const pollers = startPollers(functions, queues, options);
  const sweep = async () => functions.sweep.handler({}, contextOf('sweep'));
  const schedule = startSchedule(config.sweep.every, sweep, log, firstSweepSeconds);

  return {
    url: servers.push.url,
    invokeUrl: servers.invoke.url,
    tokenFile: invokeTokenFile(directory),
    async stop() {
      await Promise.all([servers.push.stop(), servers.invoke.stop()]);
      await Promise.all([schedule.stop(), ...pollers.map((poller) => poller.stop())]);
      store.close();
    },
  };
}

/** Starts both, or neither. */
async function startServers(
  functions: LocalFunctions,
  queues: Queues,
  { directory, port, invokePort, log }: RuntimeOptions,
): Promise<{ readonly push: HttpServer; readonly invoke: HttpServer }> {
  const receive = async (event: APIGatewayProxyEventV2) =>
    functions['receive-push'].handler(event, contextOf('receive-push'));
  const push = await startPushServer({ port, receive, log });
  try {
    const token = invokeToken(directory);
    const invocable = invocableFunctions(functions, queues);
    return { push, invoke: await startInvokeServer({ port: invokePort, functions: invocable, token, log }) };
  } catch (error) {
    await push.stop();
    throw error;
  }
}

/** Which queue feeds which function, and how many batches at once: on AWS the event source mappings. */
function startPollers(functions: LocalFunctions, queues: Queues, { config, log }: RuntimeOptions): readonly Poller[] {
  const feed = (queue: keyof Queues, name: FunctionName, handler: BatchHandler, concurrency: number) =>
    startPoller({
      ...{ name: queue, queue: queues[queue], handler, concurrency, log },
      context: () => contextOf(name),
      visibilitySeconds: VISIBILITY_SECONDS,
    });
  return [
    feed('pushes', 'evaluate-policy', functions['evaluate-policy'].handler, EVALUATIONS_AT_ONCE),
    feed('updates', 'commit-image', functions['commit-image'].handler, config.repositories.length),
    feed('reports', 'report-apply', functions.reportApplyQueued, 1),
  ];
}
