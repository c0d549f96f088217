import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../../shared/errors.ts';
import { statusOf } from '../cluster/api.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { annotationsOf, idOf, type Manifest, printId } from '../manifest.ts';
import { isHook } from './waves.ts';

/** Annotations by which an object asks to be made anew where a field cannot be changed. */
const FORCE: Readonly<Record<string, (value: string) => boolean>> = {
  'sluice.dev/force': (value) => value === 'enabled',
  'kustomize.toolkit.fluxcd.io/force': (value) => value === 'enabled',
  'argocd.argoproj.io/sync-options': (value) =>
    value.split(',').some((option) => ['Replace=true', 'Force=true'].includes(option.trim())),
};

/** How the API says that a field stays as it is; every other cause is a fault of the manifest. */
const IMMUTABLE: readonly RegExp[] = [
  /\bimmutable\b/i,
  /\bmay not be changed\b/i,
  /\bmay not change\b/i,
  /\bcannot change roleRef\b/,
  /\bupdates to .* are forbidden\b/i,
];

/** Does the object ask to be made anew where that is the only way? A hook does by nature. */
export function asksForRecreation(manifest: Manifest): boolean {
  const annotations = annotationsOf(manifest);
  return isHook(manifest) || Object.entries(FORCE).some(([name, asks]) => asks(annotations[name] ?? ''));
}

/**
 * The fields for which an object was refused, where each of them only must not change. A manifest that is invalid
 * gets the same status, and then the live object has to stay.
 */
export function immutableFields(error: unknown): readonly string[] | undefined {
  const { code, details: { causes = [] } = {} } = statusOf(error) ?? {};
  const isImmutable = ({ message = '' }) => IMMUTABLE.some((pattern) => pattern.test(message));
  return code === 422 && causes.length > 0 && causes.every(isImmutable)
    ? [...new Set(causes.map(({ field = '' }) => field))]
    : undefined;
}

const GONE_TIMEOUT_MILLIS = 60_000;
const LOOK_MILLIS = 100;

/** Ends an object, waits until it is gone, and makes it anew. Killed in between it is missing, and the next apply makes it. */
export async function recreate(cluster: Cluster, manifest: Manifest, signal: AbortSignal): Promise<LiveObject> {
  const id = idOf(manifest);
  const before = await cluster.read(id, { metadataOnly: true });
  await cluster.remove(id, { uid: before?.metadata.uid });
  const until = performance.now() + GONE_TIMEOUT_MILLIS;
  for (;;) {
    const now = await cluster.read(id, { metadataOnly: true });
    if (now === undefined || now.metadata.uid !== before?.metadata.uid) {
      return cluster.apply(manifest);
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
