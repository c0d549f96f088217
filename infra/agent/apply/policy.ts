import { annotationsOf, type Manifest } from '../manifest.ts';

/**
 * How an object is applied where it is there already: taken over, beside what others have set, not at all, or left
 * alone whether it is there or not.
 */
export type ApplyPolicy = 'Override' | 'Merge' | 'IfNotPresent' | 'Ignore';

const POLICIES = ['Override', 'Merge', 'IfNotPresent', 'Ignore'] as const;

/** Ours is asked first: https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources */
const ANNOTATIONS = ['sluice.dev/apply', 'kustomize.toolkit.fluxcd.io/ssa'] as const;

/** What an object asks; the reason where it asks for what there is not. */
export function policyOf(manifest: Manifest): ApplyPolicy | { readonly invalid: string } {
  const annotations = annotationsOf(manifest);
  const name = ANNOTATIONS.find((one) => one in annotations);
  const text = name === undefined ? 'Override' : annotations[name];
  const policy = POLICIES.find((one) => one === text);
  return policy ?? { invalid: `${name}: expected ${POLICIES.join(', ')}, found ${JSON.stringify(text)}` };
}
