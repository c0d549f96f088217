import { readFile } from 'node:fs/promises';
import { awsAccount } from '../../shared/aws/account.ts';
import { createLog, type Log } from '../../shared/log.ts';
import { prepareStateDirectory } from '../../shared/process/state-directory.ts';
import { type AgentProcess, type AgentProcessOptions, openAgentProcess } from './agent-process.ts';
import { openApiClient } from './cluster/client.ts';
import { clusterAccess } from './cluster/kubeconfig.ts';
import { retrying } from './cluster/retry.ts';
import { startHttpServer } from './http/server.ts';
import { openIdentity } from './identity/identity.ts';
import { identitySecretOf } from './identity/identity-secret.ts';
import { waitUntilReached } from './leader/standby.ts';
import { runLoop } from './loop.ts';
import { memoizeAsync } from './memoize-async.ts';
import { requireRenderTools } from './render/renderer.ts';
import { lambdaReporter, type Reporter, regionOfFunction } from './report/report.ts';
import { runOnce } from './run-once.ts';
import { maskEnvironment, maskedAccess, maskFile } from './secrets/credentials.ts';
import type { SecretMask } from './secrets/secret-mask.ts';
import type { Settings } from './settings/settings.ts';
import { openSourceReconciler, repositorySubject, type SourceReconciler } from './source-reconciler.ts';
import { regionOfQueue, wakeByQueue } from './wake/queue.ts';
import { openWakeSignal } from './wake/wake.ts';
import { wakeRoute } from './wake/webhook.ts';

const REQUEST_TIMEOUT_MILLIS = 30_000;
/** Of a function that is named without its region. */
const DEFAULT_REGION = 'eu-central-1';
/** Where there is something to listen for. */
const HTTP_PORT = 8080;

/**
 * Runs an agent until the signal ends it; gives the status that the process ends with: 0 where all is well, else 1.
 *
 * @param variables those of the environment that AWS's clients read
 * @param secrets gets what is secret; nothing of that is told to anybody
 * @throws SluiceError where it cannot begin: `cluster-unreachable`, `config-invalid`
 */
export async function runAgent(
  settings: Settings,
  variables: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
  secrets: SecretMask,
): Promise<number> {
  if (settings.dir === undefined) {
    prepareStateDirectory(settings.stateDir);
  }
  if (settings.once) {
    // While it is found out what to render, and where for.
    requireRenderTools(settings);
  }
  const { mask } = secrets;
  const log = createLog({ service: 'agent', agent: settings.name }, settings.logLevel, process.stderr, { mask });
  maskEnvironment(variables, secrets);
  const access = maskedAccess(await clusterAccess(settings.kubeconfig, settings.context, variables), secrets);
  const secret = identitySecretOf(settings.name, settings.namespace);
  const identity = memoizeAsync(async () => {
    const request = retrying(openApiClient(access, REQUEST_TIMEOUT_MILLIS), { ended: () => [signal], log });
    return openIdentity({ request, secret, stateDir: settings.stateDir, log });
  });
  const ownKey = async () => (await identity.get()).privateKey;
  const report = reporterOf(settings, log, signal);
  const replica = openAgentProcess(access, replicaOptions(settings, signal), log);
  const followed = settings.sources.map((source) =>
    openSourceReconciler(source, {
      settings,
      access,
      searchPath: variables['PATH'] ?? '',
      replica,
      timeoutMillis: REQUEST_TIMEOUT_MILLIS,
      ownKey,
      report,
      log,
      secrets,
    }),
  );
  if (settings.once) {
    return runOnce(followed, settings, signal, mask);
  }
  await keepUp(followed, replica, settings, variables, signal, log, secrets);
  return 0;
}

function replicaOptions(
  { name, namespace, leaderElection, once, sources }: Settings,
  signal: AbortSignal,
): AgentProcessOptions {
  return {
    name,
    namespace,
    isElected: leaderElection && !once,
    repositories: sources.map((source) => repositorySubject(name, source)),
    timeoutMillis: REQUEST_TIMEOUT_MILLIS,
    signal,
  };
}

/** Each source has a loop of its own: a fault of one is none of the others'. */
async function keepUp(
  followed: readonly SourceReconciler[],
  replica: AgentProcess,
  { syncInterval: syncMillis, nudgeSecretFile, nudgeQueue, httpPort }: Settings,
  variables: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
  log: Log,
  secrets: SecretMask,
): Promise<void> {
  const { wake, subscribe } = openWakeSignal();
  const nudge = () => {
    log.info('nudged');
    wake();
  };
  const secretOf = (file: string) => async () => {
    await maskFile(file, secrets);
    return (await readFile(file, 'utf8')).trim();
  };
  const nudgeRoutes =
    nudgeSecretFile === undefined ? {} : { 'POST /nudge': wakeRoute(secretOf(nudgeSecretFile), nudge) };
  const isOpen = variables['KUBERNETES_SERVICE_HOST'] !== undefined || nudgeSecretFile !== undefined;
  const port = httpPort ?? (isOpen ? HTTP_PORT : 0);
  const routes = { ...replica.routes, ...nudgeRoutes };
  const server = port === 0 ? undefined : await startHttpServer(port, routes, log, isOpen ? undefined : '127.0.0.1');
  if (server !== undefined) {
    log.info('listening', { port: server.port });
  }
  const queue = async (url: string) => {
    const sqs = awsAccount(variables).service('sqs', { region: regionOfQueue(url) ?? variables['AWS_REGION'] });
    await wakeByQueue({ sqs, url, nudge, signal, log });
  };
  const apply = async (leading: AbortSignal) => {
    const loops = followed.map(async (ports) => {
      await runLoop({ ...ports, wait: subscribe(), syncMillis, signal: leading });
      await ports.settled();
    });
    await Promise.all(loops);
  };
  await Promise.all([
    ...(replica.election === undefined
      ? [apply(signal)]
      : [replica.election.run(signal, apply), ...followed.map(async (ports) => waitUntilReached(ports, signal))]),
    ...(nudgeQueue === undefined ? [] : [queue(nudgeQueue)]),
  ]);
  await server?.stop();
}

function reporterOf(settings: Settings, log: Log, ended: AbortSignal): Reporter {
  const { reportFunction, reportEndpoint: endpoint, reportTokenFile: tokenFile, reportSecretFile: file } = settings;
  const secret = file === undefined ? {} : { secret: async () => (await readFile(file, 'utf8')).trim() };
  if (reportFunction === undefined) {
    return async () => {};
  }
  const region = settings.reportRegion ?? regionOfFunction(reportFunction) ?? DEFAULT_REGION;
  return lambdaReporter({ function: reportFunction, endpoint, tokenFile, region, ...secret }, log, undefined, ended);
}
