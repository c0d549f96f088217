import { isSluiceError } from '../../../shared/errors.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { groupKindOf } from '../manifest.ts';
import { oneLine, podFault } from './pod-fault.ts';
import type { Problem } from './problem.ts';
import { selectorOf } from './selector.ts';
import { fieldsOf, statusText } from './status-fields.ts';

/** An object that is not healthy, as it was seen last. */
export interface Unhealthy extends Problem {
  readonly live?: LiveObject;
}

/** Whose pods are looked at. Past this many the cluster itself is ill, and the first few say how. */
const MOST_EXPLAINED = 20;
const MOST_NAMED = 3;
const RUNS_PODS: ReadonlySet<string> = new Set([
  'apps/Deployment',
  'apps/ReplicaSet',
  'apps/StatefulSet',
  'apps/DaemonSet',
  'batch/Job',
]);

/** Adds to the reasons of pods and workloads what is wrong with them. Where pods may not be listed they stay as they are. */
export async function explainProblems(cluster: Cluster, problems: readonly Unhealthy[]): Promise<readonly Problem[]> {
  const workloads = problems.filter(({ live }) => live !== undefined && RUNS_PODS.has(groupKindOf(live)));
  const explained = new Set(workloads.slice(0, MOST_EXPLAINED));
  return Promise.all(
    problems.map(async (problem) => {
      const { id, reason, live } = problem;
      const own = live !== undefined && groupKindOf(live) === '/Pod' ? podFault(live)?.reason : undefined;
      const ofPods = live !== undefined && explained.has(problem) ? await podFaults(cluster, live) : [];
      const faults = own === undefined ? ofPods : [own];
      return { id, reason: [reason, ...faults].join('; ') };
    }),
  );
}

interface Faulty {
  readonly pod: string;
  readonly reason: string;
}

/** `3 pods (web-1, web-2, web-3): container web: ImagePullBackOff: …`, one for each thing that is wrong. */
async function podFaults(cluster: Cluster, workload: LiveObject): Promise<readonly string[]> {
  const faulty = await faultyPods(cluster, workload);
  if (faulty.length === 0 && groupKindOf(workload) === 'batch/Job') {
    return ownWarning(cluster, workload);
  }
  const groups = Map.groupBy(faulty, ({ reason }) => reason);
  return [...groups].map(([reason, pods]) => `${printPods(pods.map(({ pod }) => pod))}: ${reason}`);
}

async function faultyPods(cluster: Cluster, workload: LiveObject): Promise<readonly Faulty[]> {
  const { namespace = '' } = workload.metadata;
  const labelSelector = selectorOf(fieldsOf(fieldsOf(workload['spec'])['selector']));
  if (labelSelector === '') {
    return [];
  }
  const pods = await cluster.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace, labelSelector }).catch(unlessRefused);
  const found = pods.flatMap((pod) => {
    const fault = podFault(pod);
    return fault === undefined ? [] : [{ pod, ...fault }];
  });
  const warnings = found.some(({ mayBeProbe }) => mayBeProbe)
    ? await warningsOf(cluster, namespace, { kind: 'Pod' })
    : NO_WARNINGS;
  return found.map(({ pod, reason, mayBeProbe }) => {
    const warning = mayBeProbe ? warnings.get(pod.metadata.name) : undefined;
    const said = [reason, warning].filter((one) => one !== undefined);
    return { pod: pod.metadata.name, reason: said.length === 0 ? 'not ready' : said.join('; ') };
  });
}

/** The last warning about a Job itself: that it may make no pods, for want of its account, say, no condition tells. */
async function ownWarning(cluster: Cluster, { kind, metadata }: LiveObject): Promise<readonly string[]> {
  const { name, namespace = '' } = metadata;
  return [...(await warningsOf(cluster, namespace, { kind, name })).values()];
}

const NO_WARNINGS: ReadonlyMap<string, string> = new Map();

/** The last warning about each object of a kind, by name: failing probes and mounts are told by events alone. */
async function warningsOf(
  cluster: Cluster,
  namespace: string,
  { kind, name }: { readonly kind: string; readonly name?: string },
): Promise<ReadonlyMap<string, string>> {
  const fields = {
    type: 'Warning',
    'involvedObject.kind': kind,
    ...(name !== undefined && { 'involvedObject.name': name }),
  };
  const fieldSelector = Object.entries(fields)
    .map((one) => one.join('='))
    .join(',');
  const events = await cluster
    .list({ apiVersion: 'v1', kind: 'Event' }, { namespace, fieldSelector })
    .catch(unlessRefused);
  const timed = events.map((event) => ({
    event,
    time: statusText(event['lastTimestamp'], statusText(event['eventTime'])),
  }));
  const inOrder = timed.toSorted((a, b) => a.time.localeCompare(b.time));
  return new Map(
    inOrder.flatMap(({ event }) => {
      const { name: about, fieldPath } = fieldsOf(event['involvedObject']);
      const reason = statusText(event['reason']);
      // What it says of a crash is in the status already.
      return reason === 'BackOff'
        ? []
        : [[statusText(about), wordsOf(statusText(fieldPath), reason, statusText(event['message']))]];
    }),
  );
}

/** What is wrong is known; why is worth a question, but no fault where it is refused. */
function unlessRefused(error: unknown): readonly [] {
  if (isSluiceError(error, 'cluster-refused')) {
    return [];
  }
  throw error;
}

function wordsOf(fieldPath: string, reason: string, message: string): string {
  const [, container] = /^spec\.(?:initC|c)ontainers\{(.+)\}$/.exec(fieldPath) ?? [];
  // "Readiness probe failed: …" says more than its reason, "Unhealthy".
  const said = reason === 'Unhealthy' ? message : `${reason}: ${message}`;
  return oneLine(container === undefined ? said : `container ${container}: ${said}`);
}

function printPods(names: readonly string[]): string {
  const named = names.slice(0, MOST_NAMED).join(', ');
  const rest = names.length > MOST_NAMED ? ' …' : '';
  return names.length === 1 ? `pod ${named}` : `${names.length} pods (${named}${rest})`;
}
