import { setTimeout as sleep } from 'node:timers/promises';
import { isSluiceError, SluiceError } from '../../../shared/errors.ts';
import { statusOf } from '../cluster/client.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { runsToAnEnd } from '../health/completion.ts';
import { isSetByOther } from '../inventory/fingerprint.ts';
import { idOf, type Manifest, printId } from '../manifest.ts';
import { is, isMarked, type Marks, marksOf } from '../marks.ts';
import type { Allowance } from '../prune/deletion-guard.ts';
import { isHook } from './hooks.ts';
import { immutableFields } from './immutable.ts';
import { reasonNotToRemake } from './remake-guard.ts';

/**
 * Asks to be made anew where a field cannot be changed. Argo CD's `Replace=true` does not: it is `kubectl replace`, which
 * ends nothing. Its option is read as Argo CD reads it, in this case alone: it destroys.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#force-sync
 */
const FORCE: Marks = {
  'sluice.dev/force': is('enabled'),
  'kustomize.toolkit.fluxcd.io/force': is('enabled'),
  'argocd.argoproj.io/sync-options': (value) => value.split(',').some((option) => option.trim() === 'Force=true'),
};

/** Does the object ask to be made anew where that is the only way? A hook that runs does by nature. */
export function asksForRecreation(manifest: Manifest): boolean {
  return (isHook(manifest) && runsToAnEnd(manifest)) || isMarked(manifest.metadata, FORCE);
}

/** Does another hand ask so by a mark on the live object? */
function isAskedByHand({ metadata }: LiveObject): boolean {
  return marksOf(metadata, FORCE).some((mark) => isSetByOther(metadata, mark));
}

/** An object that was made anew. */
interface Remade {
  readonly live: LiveObject;
  readonly reason: string;
}

/** Of an object that changes all the time. */
const ATTEMPTS = 4;

/**
 * Makes an object anew for which an apply was refused, where it asks for that, immutable fields are all that is wrong,
 * and nothing is lost by it that was not allowed.
 *
 * @throws the refusal where it is not made anew, with the reason where it asks for that
 */
export async function remakeRefused(
  cluster: Cluster,
  manifest: Manifest,
  refusal: unknown,
  allow: ReadonlySet<Allowance>,
  signal: AbortSignal,
): Promise<Remade> {
  const fields = immutableFields(refusal);
  if (fields === undefined) {
    throw refusal;
  }
  for (let attempt = 1; ; attempt += 1) {
    const live = await cluster.read(idOf(manifest));
    if (live === undefined || !(asksForRecreation(manifest) || isAskedByHand(live))) {
      throw refusal;
    }
    const reason = await reasonNotToRemake(cluster, live, allow);
    if (reason !== undefined) {
      const found = `${isSluiceError(refusal) ? refusal.found : ''}. It is not made anew, because ${reason}`;
      throw new SluiceError({ code: 'cluster-refused', subject: printId(idOf(manifest)), found });
    }
    try {
      const made = await recreate(cluster, manifest, signal, live);
      return { live: made, reason: `made anew, because ${fields.join(', ') || 'what Git says'} cannot be changed` };
    } catch (error) {
      // It changed since it was looked at: it may hold data by now.
      if (statusOf(error)?.reason !== 'Conflict' || attempt === ATTEMPTS) {
        throw error;
      }
    }
  }
}

const GONE_TIMEOUT_MILLIS = 60_000;
const LOOK_MILLIS = 100;

/**
 * Ends an object, waits until it is gone, and makes it anew. Killed in between it is missing, and the next apply makes it.
 *
 * @param seen what may be ended, and only as it was seen; where it is left out, whatever there is
 */
export async function recreate(
  cluster: Cluster,
  manifest: Manifest,
  signal: AbortSignal,
  seen?: LiveObject,
): Promise<LiveObject> {
  const id = idOf(manifest);
  const before = seen ?? (await cluster.read(id, { metadataOnly: true }));
  await cluster.remove(id, { uid: before?.metadata.uid, resourceVersion: seen?.metadata.resourceVersion });
  const until = performance.now() + GONE_TIMEOUT_MILLIS;
  for (;;) {
    const now = await cluster.read(id, { metadataOnly: true });
    if (now === undefined || now.metadata.uid !== before?.metadata.uid) {
      return applyInItsPlace(cluster, manifest);
    }
    if (performance.now() >= until || signal.aborted) {
      const finalizers = (now.metadata as { readonly finalizers?: readonly string[] }).finalizers ?? [];
      throw new SluiceError({
        code: 'cluster-refused',
        subject: printId(id),
        found: `it is being deleted to be made anew, but is still there${finalizers.length === 0 ? '' : ` for its finalizers ${finalizers.join(', ')}`}`,
        retryable: true,
      });
    }
    await sleep(LOOK_MILLIS, undefined, { signal }).catch(() => {});
  }
}

/** The next apply tries again; until then it is missing, which has to be said. */
async function applyInItsPlace(cluster: Cluster, manifest: Manifest): Promise<LiveObject> {
  try {
    return await cluster.apply(manifest);
  } catch (error) {
    if (!isSluiceError(error, 'cluster-refused')) {
      throw error;
    }
    const { subject, retryable, cause } = error;
    const found = `it was deleted to be made anew, and is missing: ${error.found}`;
    throw new SluiceError({ code: 'cluster-refused', subject, found, retryable, cause });
  }
}
