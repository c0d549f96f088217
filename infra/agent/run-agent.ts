import { readFile } from 'node:fs/promises';
import { createLog, type Log } from '../../shared/log.ts';
import { prepareStateDirectory } from '../../shared/process/state-directory.ts';
import { type AgentProcessOptions, openAgentProcess } from './agent-process.ts';
import { AgentService } from './agent-service.ts';
import { openApiClient } from './cluster/client.ts';
import { type ClusterAccess, clusterAccess } from './cluster/kubeconfig.ts';
import { retrying } from './cluster/retry.ts';
import { openIdentity } from './identity/identity.ts';
import { identitySecretOf } from './identity/identity-secret.ts';
import { memoizeAsync } from './memoize-async.ts';
import { type AgentParts, openSourceReconciler, repositorySubject } from './open-source-reconciler.ts';
import { warmUpRenderer } from './render/renderer.ts';
import { lambdaReporter, type Reporter, regionOfFunction } from './report/report.ts';
import { runOnce } from './run-once.ts';
import { maskEnvironment, maskedAccess } from './secrets/credentials.ts';
import type { SecretMask } from './secrets/secret-mask.ts';
import type { Settings } from './settings/settings.ts';

const REQUEST_TIMEOUT_MILLIS = 30_000;
/** Of a function that is named without its region. */
const DEFAULT_REGION = 'eu-central-1';

/**
 * Runs an agent until the signal ends it; returns the status that the process ends with: 0 where all is well, else 1.
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
    warmUpRenderer(settings);
  }
  const { mask } = secrets;
  const log = createLog({ service: 'agent', agent: settings.name }, settings.logLevel, process.stderr, { mask });
  maskEnvironment(variables, secrets);
  const access = maskedAccess(await clusterAccess(settings.kubeconfig, settings.context, variables), secrets);
  const agentProcess = openAgentProcess(access, processOptions(settings, signal), log);
  const parts: AgentParts = {
    ...{ settings, access, agentProcess, log, secrets },
    searchPath: variables['PATH'] ?? '',
    timeoutMillis: REQUEST_TIMEOUT_MILLIS,
    ownKey: ownKeyOf(settings, access, log, signal),
    report: reporterOf(settings, log, signal),
  };
  const sources = settings.sources.map((source) => openSourceReconciler(source, parts));
  if (settings.once) {
    return runOnce(sources, settings, signal, mask);
  }
  await new AgentService(sources, parts, variables, signal).run();
  return 0;
}

/** Reads the agent's own SSH key, or makes it, when a source first asks for it. */
function ownKeyOf(
  { name, namespace, stateDir }: Settings,
  access: ClusterAccess,
  log: Log,
  signal: AbortSignal,
): () => Promise<string> {
  const secret = identitySecretOf(name, namespace);
  const identity = memoizeAsync(async () => {
    const request = retrying(openApiClient(access, REQUEST_TIMEOUT_MILLIS), { ended: () => [signal], log });
    return openIdentity({ request, secret, stateDir, log });
  });
  return async () => (await identity.get()).privateKey;
}

function processOptions(
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

function reporterOf(settings: Settings, log: Log, ended: AbortSignal): Reporter {
  const { reportFunction, reportEndpoint: endpoint, reportTokenFile: tokenFile, reportSecretFile: file } = settings;
  const secret = file === undefined ? {} : { secret: async () => (await readFile(file, 'utf8')).trim() };
  if (reportFunction === undefined) {
    return async () => {};
  }
  const region = settings.reportRegion ?? regionOfFunction(reportFunction) ?? DEFAULT_REGION;
  return lambdaReporter({ function: reportFunction, endpoint, tokenFile, region, ...secret }, log, undefined, ended);
}
