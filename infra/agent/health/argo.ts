import { failed, HEALTHY, type Health, type Observed, progressing, type Rules } from './rule.ts';
import { statusText } from './status-fields.ts';

/** Kinds of Argo that tell how they fare by a phase, and by no condition Ready. */
export const ARGO: Rules = {
  'argoproj.io/Rollout': { tellsGeneration: true, of: rollout },
  'argoproj.io/Workflow': { of: workflow },
};

/**
 * One that is paused waits for a person or a timer, as its manifest asks.
 *
 * @see https://argo-rollouts.readthedocs.io/en/stable/features/specification/
 */
function rollout({ status }: Observed): Health {
  const phase = statusText(status['phase'], 'of no phase yet');
  const message = statusText(status['message']);
  const said = message === '' ? '' : `: ${message}`;
  if (phase === 'Degraded') {
    return failed(`the rollout is degraded${said}`);
  }
  return phase === 'Healthy' || phase === 'Paused' ? HEALTHY : progressing(`the rollout is ${phase}${said}`);
}

/** One that runs is healthy, as a Job: https://argo-workflows.readthedocs.io/en/latest/fields/#workflowstatus */
function workflow({ status }: Observed): Health {
  const phase = statusText(status['phase']);
  return ['Failed', 'Error'].includes(phase)
    ? failed(`the workflow ended as ${phase}: ${statusText(status['message'], 'no reason is told')}`)
    : HEALTHY;
}
