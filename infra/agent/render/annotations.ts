import type { Manifest } from '../manifest.ts';
import { is, isMarked, type Marked, type Marks } from '../marks.ts';

/** The moments of a Helm release that an apply is one of: https://helm.sh/docs/topics/charts_hooks/ */
const APPLIED_HOOKS: ReadonlySet<string> = new Set([
  'pre-install',
  'post-install',
  'pre-upgrade',
  'post-upgrade',
  'crd-install',
]);

const listed = (value: string) => value.split(',').map((one) => one.trim());

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

/** Says so in a manifest, in Argo CD's, Kustomize's and Helm's words too. */
const IGNORE: Marks = {
  ...LEAVE_ALONE,
  // With another hook beside it, Argo CD runs that one.
  'argocd.argoproj.io/hook': (value) => listed(value).every(is('Skip')),
  'config.kubernetes.io/local-config': is('true'),
  // A Job that cleans up before a release is deleted must not run when it is installed.
  'helm.sh/hook': (value) => !listed(value).some((hook) => APPLIED_HOOKS.has(hook)),
};

/** Says "no variables here". */
const NO_VARIABLES: Marks = {
  'sluice.dev/substitute': is('disabled'),
  'kustomize.toolkit.fluxcd.io/substitute': is('disabled'),
};

/** Does an object ask to be left alone? */
export function isIgnored({ metadata }: Manifest): boolean {
  return isMarked(metadata, IGNORE);
}

/** Does an object ask that its variables stay as they are? */
export function keepsVariables(metadata: Marked): boolean {
  return isMarked(metadata, NO_VARIABLES);
}
