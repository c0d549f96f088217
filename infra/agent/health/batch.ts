import { failed, HEALTHY, type Health, type Observed, progressing, type Rules } from './rule.ts';
import { conditionOf, numberOf, statusText } from './status-fields.ts';

/** Kinds that run to an end: https://kubernetes.io/docs/concepts/workloads/controllers/job/ */
export const BATCH: Rules = {
  'batch/Job': { of: job },
  'batch/CronJob': { of: () => HEALTHY },
};

/** A Job that runs is healthy: it may run for days. One that is suspended is what its manifest asks for. */
function job({ spec, status }: Observed): Health {
  const failure = conditionOf(status, 'Failed', 'True') ?? conditionOf(status, 'FailureTarget', 'True');
  if (failure !== undefined) {
    return failed(`job failed after ${numberOf(status['failed'], 0)} failed pods: ${failure.message}`);
  }
  const isUnderWay =
    conditionOf(status, 'Complete', 'True') !== undefined ||
    spec['suspend'] === true ||
    statusText(status['startTime']) !== '';
  return isUnderWay ? HEALTHY : progressing('the job has not started');
}
