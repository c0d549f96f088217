import type { LiveObject } from '../cluster/cluster.ts';
import { groupKindOf, type Kind } from '../manifest.ts';
import { healthOf } from './health.ts';
import { failed, HEALTHY, type Health, type Observed, observe, progressing } from './rule.ts';
import { conditionOf, fieldsOf, listOf, numberOf, statusText } from './status-fields.ts';

/** How a kind that runs to an end tells how far it is. */
interface Run {
  readonly end: (observed: Observed) => Health;
  /** Does it do its work at this moment, as against waiting for a node, an image or a next try? */
  readonly isAtWork: (observed: Observed) => boolean;
}

const RUNS: Readonly<Record<string, Run>> = {
  'batch/Job': { end: job, isAtWork: ({ status }) => numberOf(status['ready'], 0) > 0 },
  '/Pod': { end: pod, isAtWork: isPodAtWork },
  'argoproj.io/Workflow': { end: workflow, isAtWork: ({ status }) => status['phase'] === 'Running' },
  'tekton.dev/PipelineRun': { end: tekton, isAtWork: isTektonAtWork },
  'tekton.dev/TaskRun': { end: tekton, isAtWork: isTektonAtWork },
};

/** Is it a kind whose objects do something once and end? */
export function runsToAnEnd(kind: Kind): boolean {
  return groupKindOf(kind) in RUNS;
}

/** Whether an object that runs to an end has reached it, and how; the health of any other. */
export function completionOf(object: LiveObject): Health {
  const run = RUNS[groupKindOf(object)];
  if (run === undefined) {
    return healthOf(object);
  }
  // What cleans up after a Job deletes it when it has ended: how it ended counts, as long as it can be seen.
  const { deletionTimestamp, ...metadata } = object.metadata;
  const health = healthOf({ ...object, metadata });
  const completion = health.state === 'failed' ? health : run.end(observe(object, Date.now()));
  return completion.state === 'progressing' && deletionTimestamp !== undefined
    ? progressing('it is being deleted')
    : completion;
}

/** Is an object in the midst of its work, so that to delete it would leave that half done? */
export function isAtWork(object: LiveObject): boolean {
  const isUnderWay = completionOf(object).state === 'progressing';
  return isUnderWay && RUNS[groupKindOf(object)]?.isAtWork(observe(object, Date.now())) === true;
}

function job({ spec, status }: Observed): Health {
  if (conditionOf(status, 'Complete', 'True') !== undefined) {
    return HEALTHY;
  }
  if (spec['suspend'] === true) {
    return progressing('the job is suspended');
  }
  return progressing(`the job has ${statusText(status['startTime']) === '' ? 'not started' : 'not completed yet'}`);
}

/** One that is to run for good, by its policy of restarts, is at its end when it is ready. */
function pod({ spec, status }: Observed): Health {
  const isForGood = statusText(spec['restartPolicy'], 'Always') === 'Always';
  const isReady = status['phase'] === 'Running' && conditionOf(status, 'Ready', 'True') !== undefined;
  return status['phase'] === 'Succeeded' || (isForGood && isReady)
    ? HEALTHY
    : progressing(`the pod is ${statusText(status['phase'], 'of no phase yet')}, not Succeeded`);
}

function workflow({ status }: Observed): Health {
  const phase = statusText(status['phase'], 'of no phase yet');
  return phase === 'Succeeded' ? HEALTHY : progressing(`the workflow is ${phase}, not Succeeded`);
}

/** https://tekton.dev/docs/pipelines/pipelineruns/#monitoring-execution-status */
function tekton({ status }: Observed): Health {
  const succeeded = conditionOf(status, 'Succeeded');
  if (succeeded?.status === 'False') {
    return failed(`it did not succeed: ${succeeded.message}`);
  }
  return succeeded?.status === 'True' ? HEALTHY : progressing('it has not ended yet');
}

function isTektonAtWork({ status }: Observed): boolean {
  return conditionOf(status, 'Succeeded')?.status === 'Unknown';
}

function isPodAtWork({ status }: Observed): boolean {
  return listOf(status['containerStatuses']).some(({ state }) => fieldsOf(state)['running'] !== undefined);
}
