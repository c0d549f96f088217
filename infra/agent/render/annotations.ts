import { isHookOfAnotherMoment } from '../apply/hooks.ts';
import type { Manifest } from '../manifest.ts';
import { is, isMarked, type Marked, type Marks } from '../marks.ts';

/**
 * Says "leave this object alone", wherever it stands: in Sluice's words, Flux v1's and v2's, Config Sync's and kapp's.
 *
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources
 * @see https://docs.cloud.google.com/kubernetes-engine/config-sync/docs/how-to/managing-objects
 * @see https://carvel.dev/kapp/docs/latest/apply/#kappk14sionoop
 */
export const LEAVE_ALONE: Marks = {
  'sluice.dev/ignore': is('true'),
  'sluice.dev/apply': is('Ignore'),
  'fluxcd.io/ignore': is('true'),
  'flux.weave.works/ignore': is('true'),
  'kustomize.toolkit.fluxcd.io/reconcile': is('disabled'),
  'kustomize.toolkit.fluxcd.io/ssa': is('Ignore'),
  'configmanagement.gke.io/managed': is('disabled'),
  'kapp.k14s.io/noop': () => true,
};

/** Says so in a manifest, in kustomize's words too, which takes any value but `false`. */
const IGNORE: Marks = {
  ...LEAVE_ALONE,
  'config.kubernetes.io/local-config': (value) => !is('false')(value),
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
