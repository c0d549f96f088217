import { join } from 'node:path';
import { withoutUser } from '../../shared/git/address.ts';
import type { Log } from '../../shared/log.ts';
import type { AgentProcess } from './agent-process.ts';
import { readCapabilities } from './cluster/capabilities.ts';
import { type Cluster, openCluster } from './cluster/cluster.ts';
import { actingAs } from './cluster/impersonation.ts';
import type { ClusterAccess } from './cluster/kubeconfig.ts';
import { sourceCredentials } from './git/credentials.ts';
import { openDirectory } from './git/directory.ts';
import { RevisionMarker } from './git/revision-marker.ts';
import { type GitSource, openSource } from './git/source.ts';
import { inventoryAnchor } from './git/verify/anchor.ts';
import { inventoryId, openInventory } from './inventory/inventory.ts';
import { measureSource, stepLimits } from './observe/measure.ts';
import { openSourceObservers } from './observe/source-observers.ts';
import { printTracked } from './observe/status.ts';
import { chartSecretOf, openChartMemory } from './render/chart-memory.ts';
import { openRenderer, warmUpRenderer } from './render/renderer.ts';
import { RevisionRenderer } from './render/revision-renderer.ts';
import type { Reporter } from './report/report.ts';
import { maskGitCredentials } from './secrets/credentials.ts';
import type { SecretMask } from './secrets/secret-mask.ts';
import type { Settings } from './settings/settings.ts';
import { ownerOf, type SourceSettings } from './settings/source-settings.ts';
import { SourceReconciler } from './source-reconciler.ts';

/** What all sources of an agent share. */
export interface AgentParts {
  readonly settings: Settings;
  readonly access: ClusterAccess;
  /** Like PATH: where the commands that render are. */
  readonly searchPath: string;
  readonly agentProcess: AgentProcess;
  /** For one request to the cluster. */
  readonly timeoutMillis: number;
  /** The agent's own private SSH key. */
  readonly ownKey: () => Promise<string>;
  readonly report: Reporter;
  readonly log: Log;
  readonly secrets: SecretMask;
}

/** What the probes call the repository of a source. */
export function repositorySubject(agent: string, source: SourceSettings): string {
  return `repository ${ownerOf(agent, source)}`;
}

/** Opens the reconciler of a source. Nothing is asked of anybody yet. */
export function openSourceReconciler(source: SourceSettings, parts: AgentParts): SourceReconciler {
  const { settings, agentProcess, secrets, timeoutMillis } = parts;
  const owner = ownerOf(settings.name, source);
  const log = source.name === undefined ? parts.log : parts.log.with({ source: source.name });
  const { defaultNamespace = parts.access.defaultNamespace } = source;
  const access = { ...parts.access, defaultNamespace };
  const open = (by: ClusterAccess) => openCluster(by, timeoutMillis, agentProcess.requester(by));
  const own = open(access);
  const cluster = source.as === undefined ? own : open(actingAs(access, source.as));
  const { head, checkout, mark } =
    settings.dir === undefined ? openRepository(source, owner, own, parts) : openDirectory(settings.dir);
  const figures = agentProcess.metrics.of(owner);
  const limits = stepLimits(source.gitTimeout, settings.renderDeadline, source.timeout);
  const measure = measureSource(repositorySubject(settings.name, source), limits, agentProcess.liveness, figures);
  const status = { source: owner, namespace: settings.namespace, follows: printTracked(source.url, source.branch) };
  const { election, instance } = agentProcess;
  return new SourceReconciler({
    ...{ owner, cluster, head, measure, election, log },
    repository: withoutUser(source.url),
    branch: source.branch,
    pollMillis: source.pollInterval,
    inventory: openInventory(own, owner, settings.namespace),
    prune: { limit: source.pruneLimit, allow: new Set(source.pruneAllow) },
    healthTimeoutMillis: source.timeout,
    renderer: new RevisionRenderer({
      ...openRendering(source, { ...parts, access }, owner, own),
      ...{ checkout, owner, measure, secrets, log },
      paths: source.paths,
      ageKeyFile: source.sopsAgeKeyFile,
    }),
    marker: new RevisionMarker({ put: mark, tag: source.marker, ...{ owner, election, log } }),
    observers: openSourceObservers({ own, applying: cluster }, instance, status, log, [figures]),
    report: parts.report,
    mask: secrets.mask,
  });
}

function openRepository(
  source: SourceSettings,
  owner: string,
  cluster: Cluster,
  { settings, ownKey, secrets }: AgentParts,
): GitSource {
  const { stateDir, namespace } = settings;
  const directory = source.name === undefined ? stateDir : join(stateDir, 'sources', source.name);
  return openSource(source, {
    directory,
    credentials: async () => {
      const credentials = await sourceCredentials(source, { directory: join(directory, 'ssh'), stateDir, ownKey });
      await maskGitCredentials(source.url, credentials, secrets);
      return credentials;
    },
    anchor: inventoryAnchor(cluster, inventoryId(owner, namespace)),
    onFetch: () => warmUpRenderer(settings),
  });
}

function openRendering(
  source: SourceSettings,
  { settings, searchPath, access, agentProcess }: AgentParts,
  owner: string,
  cluster: Cluster,
): Pick<ConstructorParameters<typeof RevisionRenderer>[0], 'render' | 'chartStore'> {
  const { name, namespace, dryRun, dir } = settings;
  const request = agentProcess.requester(access);
  const owners = { owner, owners: settings.sources.length };
  const chartStore = openChartMemory(request, chartSecretOf(name, namespace), owners, dryRun);
  const render = openRenderer(
    { ...settings, ...source },
    {
      ...{ searchPath, cluster, ownNamespace: namespace, defaultNamespace: access.defaultNamespace },
      repository: dir === undefined ? source.url : undefined,
      capabilities: async () => readCapabilities(request, access.server),
      chartMemory: chartStore,
    },
  );
  return { render, chartStore };
}
