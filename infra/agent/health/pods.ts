import { failed, HEALTHY, type Health, type Observed, progressing, type Rules } from './rule.ts';
import { conditionOf, type Fields, fieldsOf, listOf, statusText } from './status-fields.ts';

/** https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ */
export const PODS: Rules = { '/Pod': { of: pod } };

/** So long the scheduler, and what brings nodes, may take. */
const SCHEDULE_SECONDS = 15;

function pod({ status, ageSeconds }: Observed): Health {
  const phase = statusText(status['phase'], 'of no phase yet');
  return PHASES[phase]?.(status, ageSeconds) ?? progressing(`it is ${phase}`);
}

const PHASES: Readonly<Record<string, (status: Fields, ageSeconds: number) => Health>> = {
  Succeeded: () => HEALTHY,
  Failed: (status) =>
    failed(`the pod failed: ${statusText(status['message'], statusText(status['reason'], 'no reason is told'))}`),
  Running(status) {
    if (conditionOf(status, 'Ready', 'True') !== undefined) {
      return HEALTHY;
    }
    const crashing = listOf(status['containerStatuses']).filter(
      ({ state }) => fieldsOf(fieldsOf(state)['waiting'])['reason'] === 'CrashLoopBackOff',
    );
    const names = crashing.map(({ name }) => statusText(name)).join(', ');
    return names === '' ? progressing('it runs, but is not ready') : failed(`it crashes again and again: ${names}`);
  },
  Pending(status, ageSeconds) {
    const scheduled = conditionOf(status, 'PodScheduled', 'False');
    return scheduled?.reason === 'Unschedulable' && ageSeconds > SCHEDULE_SECONDS
      ? failed(`it cannot be scheduled: ${scheduled.message}`)
      : progressing('it is Pending');
  },
};
