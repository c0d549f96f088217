import type { LiveObject } from '../cluster/cluster.ts';
import { conditionOf, type Fields, fieldsOf, listOf, numberOf, statusText } from './status-fields.ts';

/** What keeps a pod from being ready. */
export interface PodFault {
  /** `container web: ImagePullBackOff: Back-off pulling image "web:2"`; undefined where only events may tell. */
  readonly reason: string | undefined;
  /** A probe may be behind it. */
  readonly mayBeProbe: boolean;
}

const LONGEST_REASON = 300;

/**
 * Reads off a pod's status what is wrong with it, or undefined for one that is ready or has ended well.
 *
 * @see https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/
 */
export function podFault(pod: LiveObject): PodFault | undefined {
  const status = fieldsOf(pod['status']);
  if (status['phase'] === 'Succeeded' || conditionOf(status, 'Ready', 'True') !== undefined) {
    return undefined;
  }
  const unscheduled = conditionOf(status, 'PodScheduled', 'False');
  if (unscheduled !== undefined) {
    return { reason: oneLine(`cannot be scheduled: ${unscheduled.message}`), mayBeProbe: false };
  }
  const containers = [
    ...listOf(status['initContainerStatuses']).map((one) => ({
      one,
      name: `init container ${statusText(one['name'])}`,
    })),
    ...listOf(status['containerStatuses']).map((one) => ({ one, name: `container ${statusText(one['name'])}` })),
  ];
  for (const { one, name } of containers) {
    const fault = containerFault(one);
    if (fault !== undefined) {
      return { reason: oneLine(`${name}: ${fault.reason}`), mayBeProbe: fault.mayBeProbe };
    }
  }
  const reason = statusText(status['reason']);
  return {
    reason: reason === '' ? undefined : oneLine(`${reason}: ${statusText(status['message'])}`),
    mayBeProbe: true,
  };
}

/** A reason as it stands in a list: on one line, and not too long. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > LONGEST_REASON ? `${line.slice(0, LONGEST_REASON)}…` : line;
}

/** States that every container passes through. */
const ON_ITS_WAY: ReadonlySet<string> = new Set(['', 'ContainerCreating', 'PodInitializing']);

function containerFault(container: Fields): { readonly reason: string; readonly mayBeProbe: boolean } | undefined {
  const { waiting, terminated } = fieldsOf(container['state']);
  const reason = statusText(fieldsOf(waiting)['reason']);
  const last = fieldsOf(terminated ?? fieldsOf(container['lastState'])['terminated']);
  const hasFailed = numberOf(last['exitCode'], 0) !== 0;
  if (reason === 'CrashLoopBackOff' || (hasFailed && ON_ITS_WAY.has(reason))) {
    const restarts = numberOf(container['restartCount'], 0);
    const again = restarts === 0 ? '' : `, ${restarts} restarts`;
    return {
      reason: `${reason === '' ? '' : `${reason}: `}${exitOf(last)}${again}`,
      mayBeProbe: last['reason'] !== 'OOMKilled',
    };
  }
  if (ON_ITS_WAY.has(reason)) {
    return undefined;
  }
  const message = statusText(fieldsOf(waiting)['message']);
  const image = statusText(container['image']);
  const named = message.includes(image) ? message : `${image}: ${message}`;
  return { reason: `${reason}: ${/image/i.test(reason) ? named : message}`, mayBeProbe: false };
}

/** `exit code 137 (OOMKilled): out of memory` */
function exitOf(terminated: Fields): string {
  const kind = statusText(terminated['reason']);
  const message = statusText(terminated['message']).trim();
  return `exit code ${numberOf(terminated['exitCode'], 0)}${kind === '' ? '' : ` (${kind})`}${message === '' ? '' : `: ${message}`}`;
}
