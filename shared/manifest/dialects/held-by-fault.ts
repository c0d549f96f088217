import type { HoldBeside } from '../site.ts';

/** A hold by what is wrong, for people; none where nothing is. */
export function heldByFault(fault: string): HoldBeside;
export function heldByFault(fault: string | undefined): HoldBeside | undefined;
export function heldByFault(fault: string | undefined): HoldBeside | undefined {
  return fault === undefined ? undefined : { held: fault, isHeldByFault: true };
}
