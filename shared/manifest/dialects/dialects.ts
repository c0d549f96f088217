import type { HoldBeside, SitePolicy } from '../site.ts';
import type { Workload } from '../workload.ts';
import type { Dialect } from './dialect.ts';
import { fluxV1 } from './flux-v1.ts';
import { heldByFault } from './held-by-fault.ts';
import { keel } from './keel.ts';
import { sluice } from './sluice.ts';

/** In the order in which they decide, where several stand beside one site: what was written for Sluice goes first. */
const DIALECTS: readonly Dialect[] = [sluice, fluxV1, keel];

/**
 * The policy of a container, by the first dialect that has one; the others are named beside it. Undefined where nothing
 * asks for updates, and where an annotation is no text: Kubernetes takes none of the workload then. A line of Sluice
 * that governs nothing holds back what the others would update, and so do `locked` and `ignore` of Flux v1: which
 * dialect ranks the tags says nothing of what a person holds.
 */
export function policyBeside(workload: Workload, container: string): SitePolicy | undefined {
  if (workload.misfits.length > 0) {
    return undefined;
  }
  const [first, ...others] = DIALECTS.flatMap((dialect) => dialect.policyFor(workload, container) ?? []);
  if (first === undefined) {
    return undefined;
  }
  const overruled = others.length === 0 ? undefined : others.map(({ dialect, text }) => `${dialect} ${text}`);
  return { ...first, ...(first.held === undefined && holdOn(workload)), overruled };
}

/** What holds a workload back whoever asks for updates of it, from elsewhere too; undefined where nothing does. */
export function holdBeside(workload: Workload): HoldBeside | undefined {
  const [misfit] = workload.misfits;
  return misfit === undefined
    ? holdOn(workload)
    : heldByFault(`the annotation ${misfit.text} is no text, so that nothing can apply the workload`);
}

function holdOn(workload: Workload): HoldBeside | undefined {
  return DIALECTS.flatMap((dialect) => dialect.holdOn?.(workload) ?? [])[0];
}
