import type { LiveObject } from '../cluster/cluster.ts';
import { completionOf, isAtWork } from '../health/completion.ts';
import { healthOf } from '../health/health.ts';
import { HEALTHY, type Health, progressing } from '../health/rule.ts';
import type { Judge } from '../health/wait.ts';
import { isHook } from './hooks.ts';
import type { WaitedFor } from './revision-apply.ts';

/** When what is waited for has come. */
export const JUDGES: Readonly<Record<WaitedFor, Judge>> = {
  definitions: healthOf,
  completion,
  rest: (object) => (isAtWork(object) ? progressing('its run of an earlier revision is still at work') : HEALTHY),
};

/** A Job that is suspended in Git holds up nothing, unless it is a hook: then it has to run. */
function completion(object: LiveObject): Health {
  const { suspend } = (object['spec'] ?? {}) as { readonly suspend?: unknown };
  return suspend === true && !isHook(object) ? healthOf(object) : completionOf(object);
}
