import type { LiveObject } from '../cluster/cluster.ts';
import type { Problem } from '../health/problem.ts';
import type { InventoryEntry } from '../inventory/entry.ts';
import { intoWaves, objectsOf } from '../order/waves.ts';
import type { Rendered } from '../render/rendered-object.ts';
import type { ObjectResult } from './apply-object.ts';
import { gateOf, isBefore } from './gate.ts';
import { withDefaultNamespace } from './resolve-namespace.ts';
import { type ApplyPorts, RevisionApply } from './revision-apply.ts';

/** What came of the objects of a revision. */
export interface AppliedRevision {
  readonly results: readonly ObjectResult[];
  /** What is not healthy yet. */
  readonly unhealthy: readonly LiveObject[];
  /** Why later waves were left out, and which hooks failed; empty where neither is. */
  readonly problems: readonly Problem[];
  readonly isHeld: boolean;
}

/**
 * Applies objects wave after wave, in each stage after stage, and in each kind after kind. The inventory has an object
 * before it is created, and does not vouch for one that is about to change: so a kill in between leaves nothing that
 * nobody answers for.
 *
 * @param entries what the inventory has, by key; kept up to date
 * @throws SluiceError `cluster-unreachable`
 */
export async function applyInOrder(
  rendered: Rendered,
  entries: Map<string, InventoryEntry>,
  ports: ApplyPorts,
): Promise<AppliedRevision> {
  const manifestOf = await withDefaultNamespace(ports.cluster, rendered.objects);
  const order = intoWaves(rendered.objects, manifestOf);
  const gate = gateOf(rendered, order, entries);
  const [open, shut] = [true, false].map((isOpen) =>
    order.waves.filter(({ phase }) => isBefore(phase, gate) === isOpen),
  );
  const revision = new RevisionApply(rendered.objects, entries, ports);
  const isHeld = await revision.apply(open ?? []);
  if (revision.hasFailed) {
    await revision.apply(order.onFailure);
  } else {
    await revision.leaveOut(objectsOf(order.onFailure), 'it runs when a revision fails');
  }
  revision.refuse(order.invalid);
  await revision.hold(objectsOf(shut ?? []), gate?.reason ?? '');
  const { results, unhealthy, problems } = revision;
  return { results, unhealthy: isHeld ? [] : unhealthy, problems, isHeld: isHeld || gate !== undefined };
}
