import { type ApiClient, openApiClient } from '../../infra/agent/cluster/client.ts';
import { openCluster } from '../../infra/agent/cluster/cluster.ts';
import { actingAs, type ServiceAccount } from '../../infra/agent/cluster/impersonation.ts';
import { type ClusterAccess, clusterAccess } from '../../infra/agent/cluster/kubeconfig.ts';
import { dryRun } from '../../infra/agent/dry-run/dry-run.ts';
import { openInventory } from '../../infra/agent/inventory/inventory.ts';
import type { PruneRules } from '../../infra/agent/prune/prune.ts';
import { DEFAULT_PRUNE_LIMIT } from '../../infra/agent/prune/prune-limit.ts';
import { type ReconcilePorts, reconcile } from '../../infra/agent/reconcile.ts';
import { SluiceError } from '../../shared/errors.ts';
import type { ApplyReport } from '../../shared/queue/messages.ts';
import { recordingLog } from '../fakes/recording.ts';
import { renderFiles } from '../unit/agent/render/tree.ts';

/** How a revision is applied in a test. */
export interface ApplyOptions {
  readonly agent?: string;
  readonly commit?: string;
  /** In whose name objects are applied. */
  readonly as?: ServiceAccount;
  readonly prune?: Partial<PruneRules>;
  readonly healthTimeoutMillis?: number;
  /** Which requests the API server refuses, by `DELETE /api/v1/…`. */
  readonly refuses?: RegExp;
  /** Thrown instead of the request of this number, as by a process that ends there: counted from 1. */
  readonly endsAt?: number;
  /** The same, of the first request that fits. */
  readonly endsOn?: RegExp;
}

const TIMEOUT_MILLIS = 20_000;

/** Applies revisions as the agent does, to a cluster, and tells what it asked of it. */
export async function openAgentStage(kubeconfig: string) {
  const access = await clusterAccess(kubeconfig, undefined);
  const open = (options: ApplyOptions) => {
    const { agent = 'shop', as, prune = {}, healthTimeoutMillis = 0, refuses, endsAt, endsOn } = options;
    const requests: string[] = [];
    const marks: string[] = [];
    let isEnded = false;
    const counting =
      (by: ClusterAccess): ApiClient =>
      async (question) => {
        const request = `${question.method ?? 'GET'} ${question.path}`;
        requests.push(request);
        isEnded ||= requests.length === endsAt || endsOn?.test(request) === true;
        if (isEnded) {
          throw new SluiceError({ code: 'cluster-unreachable', subject: 'cluster', found: 'killed' });
        }
        if (refuses?.test(request) === true) {
          const message = 'admission webhook "guard.example.com" denied the request: not today';
          return { status: 403, body: { kind: 'Status', code: 403, reason: 'Forbidden', message } };
        }
        return openApiClient(by, TIMEOUT_MILLIS)(question);
      };
    const openFor = (by: ClusterAccess) => openCluster(by, TIMEOUT_MILLIS, counting(by));
    const own = openFor(access);
    const cluster = as === undefined ? own : openFor(actingAs(access, as));
    const ports: ReconcilePorts = {
      cluster,
      inventory: openInventory(own, agent, 'default'),
      mark: async (commit) => {
        marks.push(commit);
      },
      agent,
      prune: { limit: DEFAULT_PRUNE_LIMIT, allow: new Set(), ...prune },
      healthTimeoutMillis,
      signal: new AbortController().signal,
      log: recordingLog().log,
      now: Date.now,
    };
    return { requests, marks, ports };
  };
  const revision = (commit = 'c1') => ({ repository: 'r', branch: 'main', commit });
  const linesOf = ({ objects }: ApplyReport) =>
    objects.map(({ object, action, reason }) =>
      [object, action, ...(reason === undefined ? [] : [`(${reason})`])].join(' '),
    );
  return {
    async apply(files: Readonly<Record<string, string>>, options: ApplyOptions = {}) {
      const { requests, marks, ports } = open(options);
      const { report } = await reconcile(revision(options.commit), await renderFiles(files), ports);
      return { report, lines: linesOf(report), requests, marks };
    },
    async dryRun(files: Readonly<Record<string, string>>, options: ApplyOptions = {}) {
      const { report, diff } = await dryRun(revision(options.commit), await renderFiles(files), open(options).ports);
      return { report, lines: linesOf(report), diff };
    },
  };
}
