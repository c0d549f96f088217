import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Log } from '../../shared/log.ts';
import { type ApiClient, openApiClient, withMetrics } from './cluster/client.ts';
import type { ClusterAccess } from './cluster/kubeconfig.ts';
import { retrying } from './cluster/retry.ts';
import { Liveness } from './http/liveness.ts';
import { probeRoutes } from './http/probes.ts';
import type { Routes } from './http/server.ts';
import { type Election, openElection } from './leader/election.ts';
import { openLease } from './leader/lease.ts';
import { createMetrics, type Metrics } from './observe/metrics.ts';

/** This process among the replicas of an agent, and how it is seen to fare. */
export interface AgentProcess {
  /** Like no other's. */
  readonly instance: string;
  readonly liveness: Liveness;
  readonly metrics: Metrics;
  /** Probes and metrics. */
  readonly routes: Routes;
  /** Undefined where it is the only one. */
  readonly election: Election | undefined;
  /** A way to the cluster by which nothing is written but as the leader, also where it is asked again. */
  readonly requester: (access: ClusterAccess) => ApiClient;
}

export interface AgentProcessOptions {
  /** The agent's name, and where its Lease is. */
  readonly name: string;
  readonly namespace: string;
  readonly isElected: boolean;
  /** What has to be reached before it is ready, besides the cluster. */
  readonly repositories: readonly string[];
  /** For one request. */
  readonly timeoutMillis: number;
  /** Ends it: what was refused for now is not asked again. */
  readonly signal: AbortSignal;
}

/** Who is let do nothing does nothing: a pod without its rights would be ready, and no leader, for ever. */
const REFUSED: ReadonlySet<number> = new Set([401, 403]);
/** A renewal that hangs is tried again while there still is time. */
const LEASE_TIMEOUT_MILLIS = 4000;

/** Nothing is asked of the cluster yet. */
export function openAgentProcess(access: ClusterAccess, options: AgentProcessOptions, log: Log): AgentProcess {
  const { name, namespace, isElected, repositories, timeoutMillis, signal } = options;
  const instance = `${hostname()}_${randomUUID()}`;
  const liveness = new Liveness(['cluster', ...repositories]);
  const metrics = createMetrics();
  const askWithin = (by: ClusterAccess, millis: number) =>
    withMetrics(openApiClient(by, millis), ({ method = 'GET' }, { status }) => {
      if (!REFUSED.has(status)) {
        liveness.reached('cluster');
      }
      metrics.answered(method);
    });
  const lease = openLease(askWithin(access, LEASE_TIMEOUT_MILLIS), namespace, `sluice-agent-${name}`);
  const election = isElected ? openElection(lease, instance, log, metrics.leading) : undefined;
  metrics.leading(!isElected);
  return {
    instance,
    liveness: liveness,
    metrics,
    routes: { ...probeRoutes(liveness), ...metrics.routes },
    election,
    requester(by) {
      const request = askWithin(by, timeoutMillis);
      const ended = () => [signal, election?.lost()].filter((one) => one !== undefined);
      // Outside of the guard, which is asked before each try.
      return retrying(election?.guard(request) ?? request, { ended, log });
    },
  };
}
