import { groupKindOf, isDefinition, isNamespace, type Manifest } from '../manifest.ts';
import { comparePositions, type SyncPosition } from '../order/sync-position.ts';
import { definedBy } from '../prune/deletion-guard.ts';

/**
 * The places of objects, with each namespace and definition moved forward to the first object that stands in it or is of
 * its kind, as Argo CD does: without it that one could not be made.
 *
 * @param manifestOf with the namespace filled in, where it is known
 */
export function withNeeds<T>(
  places: ReadonlyMap<T, readonly SyncPosition[]>,
  manifestOf: (object: T) => Manifest,
): ReadonlyMap<T, readonly SyncPosition[]> {
  const first = new Map<string, SyncPosition>();
  for (const [object, [place]] of places) {
    for (const need of place === undefined ? [] : needsOf(manifestOf(object))) {
      const known = first.get(need);
      if (place !== undefined && (known === undefined || comparePositions(place, known) < 0)) {
        first.set(need, place);
      }
    }
  }
  return new Map(
    [...places].map(([object, own]) => {
      const [place] = own;
      const needed = givesOf(manifestOf(object)).flatMap((one) => first.get(one) ?? []);
      const [earliest] = needed.toSorted(comparePositions);
      const isLate = earliest !== undefined && place !== undefined && comparePositions(earliest, place) < 0;
      return [object, isLate ? [earliest] : own] as const;
    }),
  );
}

function needsOf(manifest: Manifest): readonly string[] {
  const { namespace = '' } = manifest.metadata;
  return [`kind ${groupKindOf(manifest)}`, ...(namespace === '' ? [] : [`namespace ${namespace}`])];
}

function givesOf(manifest: Manifest): readonly string[] {
  if (isNamespace(manifest)) {
    return [`namespace ${manifest.metadata.name}`];
  }
  return isDefinition(manifest) ? definedBy(manifest).map((kind) => `kind ${groupKindOf(kind)}`) : [];
}
