import { waitFor } from '../../cluster/daemon.ts';
import { markedRevision } from '../stage.ts';
import type { PodStage } from './stage.ts';

/** Long enough for a Lease to run out, a container to be made again and an apply after it. */
export const PATIENTLY = { timeoutMillis: 120_000 };

/** What a suite asks of an object. */
export interface Observed {
  readonly metadata: { readonly name: string; readonly uid: string; readonly creationTimestamp: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

const PLURALS = {
  configmap: '/api/v1/namespaces/default/configmaps',
  secret: '/api/v1/namespaces/default/secrets',
  service: '/api/v1/namespaces/default/services',
  claim: '/api/v1/namespaces/default/persistentvolumeclaims',
  job: '/apis/batch/v1/namespaces/default/jobs',
} as const;

/** An object of the namespace `default`; undefined where there is none. */
export async function observe({ cluster }: PodStage, kind: keyof typeof PLURALS, name: string) {
  const { status, body } = await cluster.api.request(`${PLURALS[kind]}/${name}`);
  if (status === 404) return undefined;
  if (status !== 200) throw new Error(`${kind} ${name}: expected it or 404, found ${status}`);
  return body as Observed;
}

/** Waits until a ConfigMap of the namespace `default` says a value. */
export async function untilSaid(stage: PodStage, name: string, value: string): Promise<void> {
  const isSaid = async () => (await observe(stage, 'configmap', name))?.data?.['value'] === value;
  await waitFor(`configmap ${name} says ${value}`, isSaid, PATIENTLY);
}

/** The agent's own status, as `kubectl get configmap sluice-status-default` shows it. */
export async function agentStatus({ cluster }: PodStage): Promise<Readonly<Record<string, string>>> {
  const { data } = (await cluster.api.get('/api/v1/namespaces/sluice/configmaps/sluice-status-default')) as Observed;
  return data ?? {};
}

/** Waits until the agent says that it has a revision stand, and its marker is on it. */
export async function untilHealthy(stage: PodStage, revision: string): Promise<void> {
  const stands = async () => {
    const { state, lastAppliedRevision } = await agentStatus(stage);
    const isMarked = markedRevision(stage.branch.repository) === revision;
    return state === 'healthy' && lastAppliedRevision === revision && isMarked;
  };
  await waitFor(`revision ${revision} is healthy and marked`, stands, PATIENTLY);
}

/** Waits until the pod of a Job runs. */
export async function untilAtWork(stage: PodStage, name: string): Promise<Observed> {
  return waitFor(
    `job ${name} is at work`,
    async () => {
      const found = await observe(stage, 'job', name);
      return found?.status?.['ready'] === 1 ? found : undefined;
    },
    PATIENTLY,
  );
}
