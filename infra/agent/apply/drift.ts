import type { ManagedFields } from '../cluster/api-types.ts';
import type { LiveObject } from '../cluster/cluster.ts';
import { contains, difference, type Path, printPath } from '../inventory/field-set.ts';
import { isOwn, ownFields } from '../inventory/fingerprint.ts';

/** How many fields are named. */
const NAMED = 5;

/**
 * Says which of our fields another hand had touched, after they were applied again: those that became ours by that,
 * and who had them before.
 */
export function printDrift(before: LiveObject['metadata'], after: LiveObject['metadata']): string {
  const [had, has] = [ownFields(before), ownFields(after)];
  if (had === undefined) {
    return 'drift: its fields were no longer managed by sluice-agent';
  }
  const others = (before.managedFields ?? []).filter((one) => !isOwn(one));
  const regained = difference(has?.fieldsV1 ?? {}, had.fieldsV1 ?? {}).map((path) => printField(path, others));
  if (regained.length === 0) {
    return 'drift: it was applied by another process in the name of sluice-agent';
  }
  const more = regained.length > NAMED ? [`${regained.length - NAMED} more fields`] : [];
  return `drift: ${[...regained.slice(0, NAMED), ...more].join('; ')}`;
}

function printField(path: Path, others: readonly ManagedFields[]): string {
  const taker = others.find(({ fieldsV1 = {} }) => contains(fieldsV1, path));
  return `${printPath(path)} was ${taker === undefined ? 'removed' : `changed by ${printManager(taker)}`}`;
}

function printManager({ manager = '', subresource = '' }: ManagedFields): string {
  return subresource === '' ? manager : `${manager} (${subresource})`;
}
