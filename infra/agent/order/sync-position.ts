import { PHASES, type Phase, phasesOf } from '../apply/hooks.ts';
import { annotationsOf, type Manifest, quoted } from '../manifest.ts';

/** Where an object stands in the order of a revision. */
export interface SyncPosition {
  readonly phase: Phase;
  /** https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/ */
  readonly wave: number;
}

const WAVE = 'argocd.argoproj.io/sync-wave';
const HELM_WEIGHT = 'helm.sh/hook-weight';
const ORDERING = [WAVE, 'argocd.argoproj.io/hook', 'helm.sh/hook'] as const;

/** Where an object stands, once for each of its phases; or why nobody knows, and in which phase that would be. */
export function syncPositions(
  manifest: Manifest,
): { readonly places: readonly SyncPosition[] } | { readonly invalid: string; readonly phase: Phase } {
  const found = phasesOf(manifest);
  if ('invalid' in found) {
    return { ...found, phase: 'PreSync' };
  }
  const annotations = annotationsOf(manifest);
  const name = WAVE in annotations ? WAVE : HELM_WEIGHT;
  const text = annotations[name] ?? '0';
  const [phase] = found.phases;
  if (phase !== undefined && !/^[+-]?\d{1,9}$/.test(text)) {
    return { invalid: `${name}: expected an integer, found ${quoted(text)}`, phase };
  }
  return { places: found.phases.map((one) => ({ phase: one, wave: Number(text) })) };
}

/** Less than 0 where the first place comes before the other. */
export function comparePositions(one: SyncPosition, other: SyncPosition): number {
  return PHASES.indexOf(one.phase) - PHASES.indexOf(other.phase) || one.wave - other.wave;
}

/** `wave -1`, `PreSync, wave 0` */
export function printPosition({ phase, wave }: SyncPosition): string {
  return phase === 'Sync' ? `wave ${wave}` : `${phase}, wave ${wave}`;
}

/** Does an object ask for a place of its own? */
export function asksForPosition(manifest: Manifest): boolean {
  const annotations = annotationsOf(manifest);
  return ORDERING.some((name) => name in annotations);
}

/** Does a text that cannot be read as objects name what would give one of them a place of its own? */
export function namesPosition(text: string): boolean {
  return ORDERING.some((name) => text.includes(name));
}
