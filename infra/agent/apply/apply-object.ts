import { isSluiceError, messageOf } from '../../../shared/errors.ts';
import type { ObjectAction } from '../../../shared/queue/messages.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { completionOf } from '../health/completion.ts';
import { type Fingerprint, fieldsDigestOf, isOursAsBefore } from '../inventory/fingerprint.ts';
import { groupKindOf, idOf, keyOf, type Manifest, type ObjectId } from '../manifest.ts';
import { inParallel } from '../parallel.ts';
import type { Allowance } from '../prune/deletion-guard.ts';
import { adoptFields } from './adopt-fields.ts';
import { applyPolicy, reasonToLeave } from './apply-policy.ts';
import { printDrift } from './drift.ts';
import type { ObservedState } from './observe-object.ts';
import { remakeRefused } from './recreate.ts';

/** An object that is to be as its manifest says. */
export interface ApplyTask {
  /** With our label. */
  readonly manifest: Manifest;
  /** Of the manifest, to know it again. */
  readonly digest: string;
  /** `k8s/deploy.yml:3` */
  readonly place: string;
  /** Of the last apply, where that is known. */
  readonly before: Fingerprint | undefined;
  /** What may be lost when it is made anew; nothing where it is left out. */
  readonly allow?: ReadonlySet<Allowance>;
  /** It runs once for each revision, and stays as it was made for it. */
  readonly isHookRun: boolean;
}

/** What became of one object. */
export interface ObjectResult {
  readonly id: ObjectId;
  readonly action: ObjectAction;
  readonly reason?: string;
  /** How to know it again. */
  readonly applied?: Fingerprint;
  /** As the cluster has it now, where it is not healthy or has not run to its end. */
  readonly live?: LiveObject;
  /** It was ended and made anew. */
  readonly isRemade?: boolean;
  /** Another hand asks to leave it alone for now; it is in Git, and answered for, as before. */
  readonly isLeft?: boolean;
}

/** How many objects of a kind are applied at once. */
const AT_ONCE = 16;
const NOT_LOOKED_AT: ObservedState = { is: 'unseen', reason: 'it was not looked at' };

/**
 * Applies objects that need none of one another, some at once. One that is refused does not stop its neighbours.
 *
 * @param apply applies one of them
 * @throws SluiceError `cluster-unreachable`, `leadership-lost`: then nothing more can be said of any of them
 */
export async function applyAtOnce(
  tasks: readonly ApplyTask[],
  apply: (task: ApplyTask) => Promise<ObjectResult>,
): Promise<readonly ObjectResult[]> {
  return inParallel(tasks, AT_ONCE, async (task) => {
    const id = idOf(task.manifest);
    try {
      const policy = applyPolicy(task.manifest);
      return typeof policy === 'string'
        ? await apply(task)
        : { id, action: 'failed', reason: `${policy.invalid} (${task.place})` };
    } catch (error) {
      if (isSluiceError(error, 'cluster-unreachable', 'leadership-lost')) {
        throw error;
      }
      const said = isSluiceError(error) ? error.found : messageOf(error);
      return { id, action: 'failed', reason: `${said} (${task.place})` };
    }
  });
}

/** Applies an object, by one request where it was not touched by those before us. */
export async function applyObject(
  cluster: Cluster,
  task: ApplyTask,
  states: ReadonlyMap<string, ObservedState>,
  signal: AbortSignal,
): Promise<ObjectResult> {
  const id = idOf(task.manifest);
  return { id, ...(await applyOne(cluster, task, states.get(keyOf(id)) ?? NOT_LOOKED_AT, signal)) };
}

type Outcome = Omit<ObjectResult, 'id'>;

async function applyOne(
  cluster: Cluster,
  task: ApplyTask,
  state: ObservedState,
  signal: AbortSignal,
): Promise<Outcome> {
  const { manifest, digest, before } = task;
  const isSame = digest === before?.manifest;
  const policy = applyPolicy(manifest);
  const leave = leaveOf(state);
  if (leave !== undefined) {
    return { action: 'skipped', reason: leave, isLeft: true, ...(before !== undefined && { applied: before }) };
  }
  if (policy === 'IfNotPresent' && (state.is === 'there' || state.is === 'untouched')) {
    return { action: 'unchanged', ...(before !== undefined && { applied: before }) };
  }
  if (state.is === 'untouched' && isSame) {
    return { action: 'unchanged', applied: before, ...(state.live && { live: state.live }) };
  }
  if (state.is === 'missing' && isSame && isSpent(manifest)) {
    return { action: 'unchanged', reason: 'it ended and was cleaned up', applied: before };
  }
  if (state.is === 'unseen' && (policy === 'IfNotPresent' || (isSame && isSpent(manifest)))) {
    return {
      action: 'failed',
      reason: `the cluster would not say whether it is there: ${state.reason} (${task.place})`,
    };
  }
  const taken =
    state.is === 'there' && before === undefined && policy === 'Override'
      ? await adoptFields(cluster, idOf(manifest), state.metadata)
      : [];
  const { live, reason: recreated } = await applyOrRecreate(cluster, task, signal);
  const fields = fieldsDigestOf(live.metadata);
  const isSettled = completionOf(live).state === 'healthy';
  const outcome = {
    ...(!isSettled && { live }),
    ...(fields !== undefined && { applied: { manifest: digest, fields } }),
  };
  return { ...outcome, ...actionOf({ state, before, live, isSame, recreated, taken }) };
}

/** Why the live object asks to be left alone. */
function leaveOf(state: ObservedState): string | undefined {
  if (state.is === 'untouched') {
    return state.leave;
  }
  return state.is === 'there' ? reasonToLeave(state.metadata) : undefined;
}

interface Applied {
  readonly state: ObservedState;
  readonly before: Fingerprint | undefined;
  readonly live: LiveObject;
  /** Git says what it said before. */
  readonly isSame: boolean;
  readonly recreated: string | undefined;
  readonly taken: readonly string[];
}

function actionOf({
  state,
  before,
  live,
  isSame,
  recreated,
  taken,
}: Applied): Pick<ObjectResult, 'action' | 'reason' | 'isRemade'> {
  if (recreated !== undefined) {
    return { action: 'configured', reason: recreated, isRemade: true };
  }
  if (state.is === 'missing') {
    const { because = 'drift: it was deleted by another hand' } = state;
    return { action: 'created', ...(before && { reason: because }) };
  }
  if (state.is === 'unseen') {
    return { action: isSame && fieldsDigestOf(live.metadata) === before?.fields ? 'unchanged' : 'configured' };
  }
  const { resourceVersion } = state.is === 'there' ? state.metadata : state;
  if (resourceVersion === live.metadata.resourceVersion) {
    return { action: 'unchanged' };
  }
  if (isSame && state.is === 'there') {
    // The status may have changed since it was looked at, which is minutes ago in a late wave.
    return isOursAsBefore(state.metadata, live.metadata)
      ? { action: 'unchanged' }
      : { action: 'configured', reason: printDrift(state.metadata, live.metadata) };
  }
  return {
    action: 'configured',
    ...(taken.length > 0 && { reason: `fields of ${taken.join(', ')} were taken over` }),
  };
}

async function applyOrRecreate(
  cluster: Cluster,
  { manifest, allow = new Set() }: ApplyTask,
  signal: AbortSignal,
): Promise<{ readonly live: LiveObject; readonly reason?: string }> {
  try {
    return { live: await cluster.apply(manifest) };
  } catch (error) {
    return remakeRefused(cluster, manifest, error, allow, signal);
  }
}

/** A Job that its cluster deletes when it has ended would run again if it were created again. */
function isSpent(manifest: Manifest): boolean {
  const spec = manifest['spec'];
  return (
    groupKindOf(manifest) === 'batch/Job' &&
    typeof spec === 'object' &&
    spec !== null &&
    'ttlSecondsAfterFinished' in spec
  );
}
