import { isHookOfAnotherMoment } from '../apply/hooks.ts';
import type { Manifest } from '../manifest.ts';
import { is, isMarked, type Marked, type Marks } from '../marks.ts';

/**
 * Says "leave this object alone", wherever it stands: in Sluice's words, Flux v1's and Flux v2's.
 *
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources
 */
export const LEAVE_ALONE: Marks = {
  'sluice.dev/ignore': is('true'),
  'sluice.dev/apply': is('Ignore'),
  'fluxcd.io/ignore': is('true'),
  'flux.weave.works/ignore': is('true'),
  'kustomize.toolkit.fluxcd.io/reconcile': is('disabled'),
  'kustomize.toolkit.fluxcd.io/ssa': is('Ignore'),
};

/** Says so in a manifest, in Kustomize's words too. */
const IGNORE: Marks = {
  ...LEAVE_ALONE,
  'config.kubernetes.io/local-config': is('true'),
};

/** Says "no variables here". */
const NO_VARIABLES: Marks = {
  'sluice.dev/substitute': is('disabled'),
  'kustomize.toolkit.fluxcd.io/substitute': is('disabled'),
};

/** Does an object ask to be left alone? */
export function isIgnored(manifest: Manifest): boolean {
  return isHookOfAnotherMoment(manifest) || isMarked(manifest.metadata, IGNORE);
}

/** Does an object ask that its variables stay as they are? */
export function keepsVariables(metadata: Marked): boolean {
  return isMarked(metadata, NO_VARIABLES);
}
