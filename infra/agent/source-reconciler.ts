import { join } from 'node:path';
import { withoutUser } from '../../shared/git/address.ts';
import type { Log } from '../../shared/log.ts';
import type { AgentProcess } from './agent-process.ts';
import { readCapabilities } from './cluster/capabilities.ts';
import { openCluster } from './cluster/cluster.ts';
import { actingAs } from './cluster/impersonation.ts';
import type { ClusterAccess } from './cluster/kubeconfig.ts';
import { type DryRun, dryRun } from './dry-run/dry-run.ts';
import { sourceCredentials } from './git/credentials.ts';
import { openDirectory } from './git/directory.ts';
import { openSource } from './git/source.ts';
import { inventoryAnchor } from './git/verify/anchor.ts';
import { inventoryId, openInventory } from './inventory/inventory.ts';
import type { LoopPorts } from './loop.ts';
import { measureSource, stepLimits } from './observe/measure.ts';
import { openSourceObservers } from './observe/source-observers.ts';
import { printTracked } from './observe/status.ts';
import { type ReconcilePorts, reconcile } from './reconcile.ts';
import { chartSecretOf, openChartMemory } from './render/chart-memory.ts';
import type { Rendered } from './render/rendered-object.ts';
import { openRenderer, requireRenderTools } from './render/renderer.ts';
import type { Reporter } from './report/report.ts';
import { maskFile, maskGitCredentials } from './secrets/credentials.ts';
import { maskedObserver, maskOutcome, maskReport } from './secrets/masked.ts';
import type { SecretMask } from './secrets/secret-mask.ts';
import type { Settings } from './settings/settings.ts';
import { ownerOf, type SourceSettings } from './settings/source-settings.ts';

/** What all sources of an agent share. */
export interface SharedByAll {
  readonly settings: Settings;
  readonly access: ClusterAccess;
  /** Like PATH: where the commands that render are. */
  readonly searchPath: string;
  readonly replica: AgentProcess;
  /** For one request to the cluster. */
  readonly timeoutMillis: number;
  /** The agent's own private SSH key. */
  readonly ownKey: () => Promise<string>;
  readonly report: Reporter;
  readonly log: Log;
  readonly secrets: SecretMask;
}

/** A source with all that it is applied with; nothing is asked of anybody yet. */
export interface SourceReconciler
  extends Pick<LoopPorts, 'head' | 'apply' | 'refuse' | 'report' | 'suspension' | 'observer' | 'pollMillis' | 'log'> {
  /** What `apply` would do. */
  readonly dryRun: (commit: string, signal: AbortSignal) => Promise<DryRun>;
  /** Waits until what was told of it is written. */
  readonly settled: () => Promise<void>;
}

/** Of what a working tree lacks, in a line of the log. */
const MOST_SHOWN = 10;

/** What the probes call the repository of a source. */
export function repositorySubject(agent: string, source: SourceSettings): string {
  return `repository ${ownerOf(agent, source)}`;
}

/** Ties a source to the cluster: it has an inventory of its own, and its own name on its objects. */
export function openSourceReconciler(source: SourceSettings, shared: SharedByAll): SourceReconciler {
  const { settings, searchPath, replica, timeoutMillis, ownKey, secrets } = shared;
  const { mask } = secrets;
  const { url, branch, marker, pollInterval: pollMillis } = source;
  const owner = ownerOf(settings.name, source);
  const log = source.name === undefined ? shared.log : shared.log.with({ source: source.name });
  const { defaultNamespace = shared.access.defaultNamespace } = source;
  const access = { ...shared.access, defaultNamespace };
  const open = (by: ClusterAccess) => openCluster(by, timeoutMillis, replica.requester(by));
  const own = open(access);
  const request = replica.requester(access);
  const cluster = source.as === undefined ? own : open(actingAs(access, source.as));
  const inventory = openInventory(own, owner, settings.namespace);
  const directory = source.name === undefined ? settings.stateDir : join(settings.stateDir, 'sources', source.name);
  const repository = () =>
    openSource(source, {
      directory,
      credentials: async () => {
        const places = { directory: join(directory, 'ssh'), stateDir: settings.stateDir, ownKey };
        const credentials = await sourceCredentials(source, places);
        await maskGitCredentials(url, credentials, secrets);
        return credentials;
      },
      anchor: inventoryAnchor(own, inventoryId(owner, settings.namespace)),
      onFetch: () => requireRenderTools(settings),
    });
  const { head, checkout, mark } = settings.dir === undefined ? repository() : openDirectory(settings.dir);
  const chartStore = openChartMemory(
    request,
    chartSecretOf(settings.name, settings.namespace),
    { owner, owners: settings.sources.length },
    settings.dryRun,
  );
  const render = openRenderer(
    { ...settings, ...source },
    {
      ...{ searchPath, cluster: own, ownNamespace: settings.namespace, defaultNamespace },
      repository: settings.dir === undefined ? url : undefined,
      capabilities: async () => readCapabilities(request, access.server),
      chartMemory: chartStore,
    },
  );
  const figures = replica.metrics.of(owner);
  const limits = stepLimits(source.gitTimeout, settings.renderDeadline, source.timeout);
  const measure = measureSource(repositorySubject(settings.name, source), limits, replica.liveness, figures);
  const status = { source: owner, namespace: settings.namespace, follows: printTracked(url, branch) };
  const observers = openSourceObservers({ own, applying: cluster }, replica.instance, status, log, [figures]);
  const observer = maskedObserver(observers.observer, mask);
  const report: Reporter = async (made) => shared.report(maskReport(made, mask));
  const renderCommit = async (commit: string) => {
    if (source.sopsAgeKeyFile !== undefined) {
      await maskFile(source.sopsAgeKeyFile, secrets);
    }
    const rendered = await measure.step('render', async (pauseTimer) =>
      render({
        commit,
        wait: pauseTimer,
        paths: source.paths,
        async use(work) {
          const files = await checkout(commit);
          try {
            if (files.left.length > 0) {
              const shown = files.left.slice(0, MOST_SHOWN).map(({ path, reason }) => `${path}: ${reason}`);
              log.warn('files left out', { revision: commit, count: files.left.length, files: shown });
            }
            const found = await work(files.directory, files.left);
            for (const { subject, reason } of found.passedOver ?? []) {
              log.info('passed over', { revision: commit, object: subject, reason });
            }
            return found;
          } finally {
            await files.dispose();
          }
        },
      }),
    );
    if (rendered.failures.length === 0) {
      secrets.replace(owner, rendered.secrets);
    } else {
      // What could not be read may stand in the cluster as it was before.
      secrets.add(owner, rendered.secrets);
    }
    return rendered;
  };
  let forgotten: Rendered | undefined;
  /** Only when all of a revision stands: until then the one before may be wanted again, with its random values. */
  const forgetCharts = async (rendered: Rendered) => {
    if (rendered.keptReleases === undefined || rendered === forgotten) {
      return;
    }
    try {
      await chartStore.forgetOthers(rendered.keptReleases);
      forgotten = rendered;
    } catch (error) {
      log.warn('charts that are gone not forgotten', { error });
    }
  };
  let marked: string | undefined;
  const told = { repository: withoutUser(url), branch };
  const revisionOf = (commit: string) => ({ ...told, commit });
  const portsFor = (signal: AbortSignal): ReconcilePorts => ({
    cluster,
    inventory,
    async mark(revision) {
      // Who led meanwhile may have put it elsewhere.
      const place = `${revision} in term ${replica.election?.terms() ?? 1}`;
      if (marker !== false && mark !== undefined && place !== marked) {
        replica.election?.check();
        await mark(marker, revision, owner, Math.floor(Date.now() / 1000));
        marked = place;
        log.info('marker moved', { tag: marker, revision });
      }
    },
    agent: owner,
    prune: { limit: source.pruneLimit, allow: new Set(source.pruneAllow) },
    healthTimeoutMillis: source.timeout,
    signal,
    log,
    now: Date.now,
  });
  return {
    head: measure.instrument(head),
    report,
    suspension: observers.suspension,
    observer,
    settled: observers.settled,
    pollMillis,
    log,
    async apply(commit, signal) {
      observer.applying(commit);
      const rendered = await renderCommit(commit);
      const found = await reconcile(revisionOf(commit), rendered, {
        ...portsFor(signal),
        progress: { step: measure.step, waiting: (problems) => observer.waiting(commit, problems) },
      });
      const outcome = maskOutcome(found, mask);
      if (!outcome.isCutShort) {
        observer.applied(outcome);
      }
      // What was seen since the lease was lost may be another's doing.
      replica.election?.check();
      if (found.isWhole) {
        await forgetCharts(rendered);
      }
      return outcome;
    },
    async dryRun(commit, signal) {
      const { report: would, diff } = await dryRun(revisionOf(commit), await renderCommit(commit), portsFor(signal));
      return { report: maskReport(would, mask), diff };
    },
    async refuse({ head: revision, problems }) {
      const now = new Date().toISOString();
      const what = { cluster: owner, ...told, revision, problems: [...problems] };
      await report({ version: 1, ...what, objects: [], healthy: false, startedAt: now, finishedAt: now });
    },
  };
}
