import { isDeepStrictEqual } from 'node:util';
import { statusOf } from '../cluster/client.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { idOf, isDefinition, isNamespace, keyOf, type Manifest, type ObjectId, printKind } from '../manifest.ts';
import { definedBy } from '../prune/deletion-guard.ts';
import { type HideSecrets, type ObjectDiffText, objectDiffText } from './object-diff-text.ts';

/** A cluster that is asked for all and changed in nothing, with what would change. */
export interface DryRunCluster {
  readonly cluster: Cluster;
  /** Before and after of each object that would change, by its key. */
  readonly changes: ReadonlyMap<string, { readonly id: ObjectId; readonly shown: ObjectDiffText }>;
  /** Objects that the server could not be asked about, by their keys, with the reason. */
  readonly unchecked: ReadonlyMap<string, string>;
}

/** No version that a server gives. */
const CHANGED = 'dry-run';
const NOT_FOUND = 404;

/**
 * A cluster of which each write is a dry run. It remembers what would have been made and removed, as far as what
 * follows depends on that.
 *
 * @param hide is given what would change before it becomes text
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run
 */
export function openDryRunCluster(cluster: Cluster, hide: HideSecrets): DryRunCluster {
  const changes = new Map<string, { readonly id: ObjectId; readonly shown: ObjectDiffText }>();
  const unchecked = new Map<string, string>();
  const removed = new Set<string>();
  const namespaces = new Set<string>();
  const kinds = new Map<string, { readonly namespaced: boolean }>();

  const assume = (manifest: Manifest, reason: string): LiveObject => {
    const id = idOf(manifest);
    unchecked.set(keyOf(id), reason);
    changes.set(keyOf(id), { id, shown: objectDiffText(undefined, manifest, hide) });
    return manifest;
  };
  const note = (manifest: Manifest) => {
    if (isNamespace(manifest)) {
      namespaces.add(manifest.metadata.name);
    }
    if (isDefinition(manifest)) {
      const { scope } = manifest['spec'] as { readonly scope?: string };
      for (const kind of definedBy(manifest)) {
        kinds.set(printKind(kind), { namespaced: scope !== 'Cluster' });
      }
    }
  };

  return {
    changes,
    unchecked,
    cluster: {
      ...cluster,
      async complete(manifest) {
        const complete = await cluster.complete(manifest);
        const kind = kinds.get(printKind(manifest));
        if (complete !== undefined || kind === undefined) {
          return complete;
        }
        const { namespace, ...metadata } = manifest.metadata;
        if (!kind.namespaced) {
          return { ...manifest, metadata };
        }
        // A kind that is known tells the default.
        const known = await cluster.complete({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: metadata.name },
        });
        const within = namespace || known?.metadata.namespace || 'default';
        return { ...manifest, metadata: { ...metadata, namespace: within } };
      },
      read: async (id, how) => (removed.has(keyOf(id)) ? undefined : cluster.read(id, how)),
      async apply(manifest) {
        const id = idOf(manifest);
        if (removed.has(keyOf(id))) {
          return assume(manifest, 'it would be made anew, which the server cannot check');
        }
        if (kinds.has(printKind(id)) && (await cluster.complete(manifest)) === undefined) {
          return assume(manifest, 'its definition comes with the same revision, so the server cannot check it');
        }
        const before = await cluster.read(id);
        try {
          const after = await cluster.apply(manifest, { dryRun: true });
          note(manifest);
          if (before !== undefined && isDeepStrictEqual(settled(before), settled(after))) {
            return before;
          }
          changes.set(keyOf(id), { id, shown: objectDiffText(before, after, hide) });
          return { ...after, metadata: { ...after.metadata, resourceVersion: CHANGED } };
        } catch (error) {
          if (namespaces.has(id.namespace) && statusOf(error)?.code === NOT_FOUND) {
            return assume(manifest, 'its namespace comes with the same revision, so the server cannot check it');
          }
          throw error;
        }
      },
      edit: async (id, operations) => cluster.edit(id, operations, { dryRun: true }),
      async remove(id, precondition) {
        await cluster.remove(id, { ...precondition, dryRun: true });
        removed.add(keyOf(id));
      },
    },
  };
}

/** An object without what each write sets. */
function settled({ metadata, ...fields }: LiveObject): object {
  const { resourceVersion: _version, generation: _generation, managedFields = [], ...rest } = metadata;
  return { ...fields, metadata: rest, managedFields: managedFields.map(({ time: _time, ...one }) => one) };
}
