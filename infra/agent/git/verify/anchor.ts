import type { Cluster, LiveObject } from '../../cluster/cluster.ts';
import type { ObjectId } from '../../manifest.ts';

/** Names a commit that may be applied though it does not descend from the one that was applied last. */
const ACCEPTED = 'sluice.dev/accept-revision';

/** The revision that a branch has to go on from. It is kept in the cluster, where no one at the Git host can change it. */
export interface Anchor {
  /** @throws SluiceError `cluster-…` */
  read(): Promise<AnchorState>;
  /** Takes back what was accepted, as it was made use of. @throws SluiceError `cluster-…`, `leadership-lost` */
  forgetAccepted(): Promise<void>;
  /** What a person runs to accept a commit. */
  acceptCommand(commit: string): string;
}

export interface AnchorState {
  /** The revision that was applied last; undefined where nothing was. */
  readonly applied: string | undefined;
  /** The commit that a person accepts. */
  readonly accepted: string | undefined;
}

/** The anchor that stands in a source's inventory. */
export function inventoryAnchor(cluster: Pick<Cluster, 'read' | 'edit'>, inventory: ObjectId): Anchor {
  return {
    async read() {
      const found = await cluster.read(inventory);
      return { applied: revisionOf(found), accepted: found?.metadata.annotations?.[ACCEPTED]?.trim() };
    },
    async forgetAccepted() {
      // https://datatracker.ietf.org/doc/html/rfc6901#section-3
      const path = `/metadata/annotations/${ACCEPTED.replaceAll('/', '~1')}`;
      await cluster.edit(inventory, [{ op: 'remove', path }]);
    },
    acceptCommand: (commit) =>
      `kubectl annotate --overwrite configmap ${inventory.name} -n ${inventory.namespace} ${ACCEPTED}=${commit}`,
  };
}

function revisionOf(found: LiveObject | undefined): string | undefined {
  const { revision } = (found?.['data'] ?? {}) as { readonly revision?: string };
  return revision === '' ? undefined : revision;
}
