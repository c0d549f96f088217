import type { ApplyReport } from '../../../shared/queue/messages.ts';
import { keyOf, printApart } from '../manifest.ts';
import { type ReconcilePorts, type Revision, reconcile } from '../reconcile.ts';
import type { Rendered } from '../render/rendered-object.ts';
import { hideSecrets, maskLeaves } from '../secrets/hide-secrets.ts';
import { maskReport } from '../secrets/masked.ts';
import { SecretMask } from '../secrets/secret-mask.ts';
import { secretObjects } from '../secrets/secret-objects.ts';
import { diffOf } from './diff.ts';
import { DryRunCluster, type ObjectChanges } from './dry-run-cluster.ts';
import type { ObjectDiffText } from './object-diff-text.ts';

/** What applying a revision would do. */
export interface DryRun {
  readonly report: ApplyReport;
  /** Unified, of what is ours in each object. */
  readonly diff: string;
}

/** Does all that a reconcile does, and changes nothing: no object, no inventory, no marker. @throws SluiceError as it */
export async function dryRun(revision: Revision, rendered: Rendered, ports: ReconcilePorts): Promise<DryRun> {
  const secrets = new SecretMask();
  secrets.replace('revision', rendered.secrets);
  const { mask } = secrets;
  const isSecret = secretObjects(rendered);
  const cluster = new DryRunCluster(ports.cluster, ({ before, after }, id) =>
    isSecret(id)
      ? hideSecrets({ before, after }, mask)
      : { before: maskLeaves(before, mask), after: maskLeaves(after, mask) },
  );
  const inventory = { ...ports.inventory, write: async () => {} };
  const { report, results } = await reconcile(revision, rendered, {
    ...ports,
    cluster,
    inventory,
    mark: async () => {},
    isDryRun: true,
  });
  // The report has them in the order of the results.
  const objects = report.objects.map((one, index) => {
    const { id } = results[index] ?? {};
    const reason = [one.reason, id && cluster.unchecked.get(keyOf(id))].filter((part) => part !== undefined).join('; ');
    return { object: one.object, action: one.action, ...(reason !== '' && { reason }) };
  });
  return { report: maskReport({ ...report, objects }, mask), diff: await diffOf(byName(cluster.changes)) };
}

function byName(changes: ObjectChanges): ReadonlyMap<string, ObjectDiffText> {
  const all = [...changes.values()];
  const named = printApart(all.map(({ id }) => id));
  return new Map(all.map(({ id, shown }) => [named(id), shown]));
}
