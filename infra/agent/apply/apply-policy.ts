import type { LiveObject } from '../cluster/cluster.ts';
import { isSetByOther } from '../inventory/fingerprint.ts';
import { type Manifest, quoted } from '../manifest.ts';
import { is, isMarked, type Marks, marksOf, textOf } from '../marks.ts';
import { LEAVE_ALONE } from '../render/annotations.ts';

/** How an object is applied where it is there already: taken over, beside what others have set, or not at all. */
export type ApplyPolicy = 'Override' | 'Merge' | 'IfNotPresent';

/** `Ignore` is none of an apply: the renderer leaves it out. */
const POLICIES = ['Override', 'Merge', 'IfNotPresent'] as const;
const KNOWN = [...POLICIES, 'Ignore'].join(', ');

/** Ours is asked first: https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources */
const MARKS = ['sluice.dev/apply', 'kustomize.toolkit.fluxcd.io/ssa'] as const;

/** Config Sync's word for an object that is made once: https://docs.cloud.google.com/kubernetes-engine/config-sync/docs/how-to/ignore-mutations */
const LEAVE_MUTATIONS: Marks = { 'client.lifecycle.config.k8s.io/mutation': is('ignore') };

/** What an object asks; the reason where it asks for what there is not. */
export function applyPolicy({ metadata }: Manifest): ApplyPolicy | { readonly invalid: string } {
  for (const name of MARKS) {
    const text = textOf(metadata, name);
    if (text !== undefined) {
      const policy = POLICIES.find((one) => is(one)(text));
      return policy ?? { invalid: `${name}: expected ${KNOWN}, found ${quoted(text)}` };
    }
  }
  return isMarked(metadata, LEAVE_MUTATIONS) ? 'IfNotPresent' : 'Override';
}

/**
 * Why a live object is not to be applied: a mark that another hand has set on it. One that we alone have set was Git's
 * word, and Git says otherwise now.
 */
export function reasonToLeave(live: LiveObject['metadata']): string | undefined {
  const mark = marksOf(live, LEAVE_ALONE).find((one) => isSetByOther(live, one));
  return mark === undefined ? undefined : `${mark.name} on it in the cluster says that it is to be left alone`;
}
