import type { Manifest } from '../manifest.ts';

/** Tells by an annotation's value whether it means what its table is about. */
type Means = (value: string) => boolean;

const is =
  (wanted: string): Means =>
  (value) =>
    value === wanted;

const listed = (value: string) => value.split(',').map((one) => one.trim());

/** The moments of a Helm release that an apply is one of: https://helm.sh/docs/topics/charts_hooks/ */
const APPLIED_HOOKS: ReadonlySet<string> = new Set([
  'pre-install',
  'post-install',
  'pre-upgrade',
  'post-upgrade',
  'crd-install',
]);

/** Says "leave this object alone": in Sluice's words, Flux v1's, Flux v2's, Argo CD's, Kustomize's and Helm's. */
const IGNORE: Readonly<Record<string, Means>> = {
  'sluice.dev/ignore': is('true'),
  'fluxcd.io/ignore': is('true'),
  'flux.weave.works/ignore': is('true'),
  'kustomize.toolkit.fluxcd.io/reconcile': is('disabled'),
  'kustomize.toolkit.fluxcd.io/ssa': is('Ignore'),
  // With another hook beside it, Argo CD runs that one.
  'argocd.argoproj.io/hook': (value) => listed(value).every(is('Skip')),
  'config.kubernetes.io/local-config': is('true'),
  // A Job that cleans up before a release is deleted must not run when it is installed.
  'helm.sh/hook': (value) => !listed(value).some((hook) => APPLIED_HOOKS.has(hook)),
};

/** Says "no variables here". */
const NO_VARIABLES: Readonly<Record<string, Means>> = {
  'sluice.dev/substitute': is('disabled'),
  'kustomize.toolkit.fluxcd.io/substitute': is('disabled'),
};

/** Does an object ask to be left alone? */
export function isIgnored({ metadata }: Manifest): boolean {
  return says(IGNORE, metadata.annotations);
}

/** Does an object with these annotations or labels ask that its variables stay as they are? Flux v2 takes both. */
export function keepsVariables(...marks: readonly unknown[]): boolean {
  return marks.some((one) => says(NO_VARIABLES, one));
}

function says(table: Readonly<Record<string, Means>>, marks: unknown): boolean {
  return Object.entries(typeof marks === 'object' ? { ...marks } : {}).some(
    ([name, value]) => typeof value === 'string' && table[name]?.(value) === true,
  );
}
