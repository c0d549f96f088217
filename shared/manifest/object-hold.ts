import type { ManifestObject } from './declarations/dialect.ts';
import { holdBeside } from './dialects/dialects.ts';
import { heldByFault } from './dialects/held-by-fault.ts';
import { SLUICE_FREEZE, SLUICE_UPDATE } from './dialects/sluice.ts';
import { objectName } from './objects.ts';
import type { ObjectHold } from './site.ts';
import { annotationsOf } from './workload.ts';

/** What holds the images in an object that is no workload; nothing does where no object is around them. */
export function objectHold(object: ManifestObject | undefined): ObjectHold {
  if (object === undefined) {
    return { object: objectName({ kind: '', namespace: undefined, name: undefined }) };
  }
  const found = annotationsOf(object.node, object.tree);
  const { annotations } = found;
  const name = objectName(object);
  const workload = { ...found, object: name, labels: {}, elsewhere: [], containers: [], unmapped: [] };
  const misplaced =
    annotations[SLUICE_UPDATE] === undefined ? undefined : `${SLUICE_UPDATE} stands beside no container`;
  return {
    object: name,
    holdBeside: holdBeside(workload) ?? heldByFault(misplaced),
    freeze: annotations[SLUICE_FREEZE],
  };
}
