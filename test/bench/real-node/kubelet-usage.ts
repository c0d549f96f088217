import type { KubeApi } from '../../cluster/kube-api.ts';

/** What a replica takes, in the kubelet's words. */
export interface AgentUsage {
  readonly pod: string;
  /** Memory that cannot be reclaimed, by which the kubelet evicts. */
  readonly workingSetBytes: number;
  /** Anonymous memory. */
  readonly rssBytes: number;
  /** Of processor time since the container began. */
  readonly cpuSeconds: number;
  /** When the processor time was read, in milliseconds since the epoch. */
  readonly at: number;
}

/** https://kubernetes.io/docs/reference/instrumentation/node-metrics/#summary-api-source */
interface Summary {
  readonly pods: readonly {
    readonly podRef: { readonly name: string; readonly namespace: string };
    readonly containers: readonly {
      readonly memory: { readonly workingSetBytes: number; readonly rssBytes: number };
      readonly cpu: { readonly time: string; readonly usageCoreNanoSeconds: number };
    }[];
  }[];
}

/** Asks the kubelet of a node what the pods of the agent there take. */
export async function agentUsage(api: KubeApi, node: string): Promise<readonly AgentUsage[]> {
  const summary = (await api.get(`/api/v1/nodes/${node}/proxy/stats/summary`)) as Summary;
  return summary.pods
    .filter(({ podRef }) => podRef.namespace === 'sluice')
    .flatMap(({ podRef, containers }) =>
      containers.map(({ memory, cpu }) => ({
        pod: podRef.name,
        workingSetBytes: memory.workingSetBytes,
        rssBytes: memory.rssBytes,
        cpuSeconds: cpu.usageCoreNanoSeconds / 1e9,
        at: Date.parse(cpu.time),
      })),
    );
}
