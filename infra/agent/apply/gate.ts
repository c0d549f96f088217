import type { InventoryEntry } from '../inventory/entry.ts';
import { idOf, printId } from '../manifest.ts';
import { asksForPosition } from '../order/sync-position.ts';
import type { Waves } from '../order/waves.ts';
import type { Rendered, RenderedObject } from '../render/rendered-object.ts';
import { isHookRecord } from './hook-record.ts';
import { PHASES, type Phase } from './hooks.ts';

/** From where on a revision is held up. */
export interface Gate {
  readonly phase: Phase;
  /** What is said of the objects that are held. */
  readonly reason: string;
}

/**
 * Where something that cannot be read may have to come before the rest: an object whose place cannot be read, or what
 * could not be rendered and names a place. What nobody can tell of counts where there are places at all, now or by the
 * inventory.
 */
export function gateOf(
  { objects, unplaced = [] }: Rendered,
  { invalid }: Waves<RenderedObject>,
  entries: ReadonlyMap<string, InventoryEntry>,
): Gate | undefined {
  const hasPlaces = () =>
    objects.some(({ manifest }) => asksForPosition(manifest)) ||
    [...entries.values()].some(({ applied }) => isHookRecord(applied));
  const hidden = unplaced.find(({ namesPlace }) => namesPlace || hasPlaces());
  if (hidden !== undefined) {
    const reason = `it waits for ${hidden.subject}, which cannot be read and may have to come before it`;
    return { phase: 'PreSync', reason };
  }
  const [first] = invalid.toSorted((a, b) => PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase));
  return (
    first && {
      phase: first.phase,
      reason: `it waits for ${printId(idOf(first.object.manifest))}, whose place in the order cannot be read`,
    }
  );
}

/** Does a phase come before a gate? */
export function isBefore(phase: Phase, gate: Gate | undefined): boolean {
  return gate === undefined || PHASES.indexOf(phase) < PHASES.indexOf(gate.phase);
}
