import { isDeepStrictEqual } from 'node:util';
import { statusOf } from '../cluster/client.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { idOf, isDefinition, isNamespace, keyOf, type Manifest, type ObjectId, printKind } from '../manifest.ts';
import { definedBy } from '../prune/deletion-guard.ts';
import { type HideSecrets, type ObjectDiffText, objectDiffText } from './object-diff-text.ts';

/** Before and after of each object that would change, by its key. */
export type ObjectChanges = ReadonlyMap<string, { readonly id: ObjectId; readonly shown: ObjectDiffText }>;

/** No version that a server gives. */
const CHANGED = 'dry-run';
const NOT_FOUND = 404;

/**
 * A cluster of which each write is a dry run. It remembers what would have been made and removed, as far as what
 * follows depends on that. What is public are fields, so that `{ ...cluster }` has them too.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run
 */
export class DryRunCluster implements Cluster {
  readonly #cluster: Cluster;
  readonly #hide: HideSecrets;
  readonly #changes = new Map<string, { readonly id: ObjectId; readonly shown: ObjectDiffText }>();
  readonly #unchecked = new Map<string, string>();
  readonly #removed = new Set<string>();
  readonly #namespaces = new Set<string>();
  readonly #kinds = new Map<string, { readonly namespaced: boolean }>();

  /** @param hide is given what would change before it becomes text */
  constructor(cluster: Cluster, hide: HideSecrets) {
    this.#cluster = cluster;
    this.#hide = hide;
  }

  get changes(): ObjectChanges {
    return this.#changes;
  }

  /** Objects that the server could not be asked about, by their keys, with the reason. */
  get unchecked(): ReadonlyMap<string, string> {
    return this.#unchecked;
  }

  readonly complete: Cluster['complete'] = async (manifest) => {
    const complete = await this.#cluster.complete(manifest);
    const kind = this.#kinds.get(printKind(manifest));
    if (complete !== undefined || kind === undefined) {
      return complete;
    }
    const { namespace, ...metadata } = manifest.metadata;
    if (!kind.namespaced) {
      return { ...manifest, metadata };
    }
    // A kind that is known tells the default.
    const known = await this.#cluster.complete({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: metadata.name },
    });
    const within = namespace || known?.metadata.namespace || 'default';
    return { ...manifest, metadata: { ...metadata, namespace: within } };
  };

  readonly read: Cluster['read'] = async (id, how) =>
    this.#removed.has(keyOf(id)) ? undefined : this.#cluster.read(id, how);

  readonly list: Cluster['list'] = async (kind, selection) => this.#cluster.list(kind, selection);

  readonly pages: Cluster['pages'] = (kind, selection) => this.#cluster.pages(kind, selection);

  readonly servedAs: Cluster['servedAs'] = async (kind) => this.#cluster.servedAs(kind);

  readonly namespacedKinds: Cluster['namespacedKinds'] = async () => this.#cluster.namespacedKinds();

  readonly apply: Cluster['apply'] = async (manifest) => {
    const id = idOf(manifest);
    if (this.#removed.has(keyOf(id))) {
      return this.#assume(manifest, 'it would be made anew, which the server cannot check');
    }
    if (this.#kinds.has(printKind(id)) && (await this.#cluster.complete(manifest)) === undefined) {
      return this.#assume(manifest, 'its definition comes with the same revision, so the server cannot check it');
    }
    const before = await this.#cluster.read(id);
    try {
      return await this.#applyDry(manifest, before);
    } catch (error) {
      if (this.#namespaces.has(id.namespace) && statusOf(error)?.code === NOT_FOUND) {
        return this.#assume(manifest, 'its namespace comes with the same revision, so the server cannot check it');
      }
      throw error;
    }
  };

  readonly edit: Cluster['edit'] = async (id, operations) => this.#cluster.edit(id, operations, { dryRun: true });

  readonly remove: Cluster['remove'] = async (id, precondition) => {
    await this.#cluster.remove(id, { ...precondition, dryRun: true });
    this.#removed.add(keyOf(id));
  };

  async #applyDry(manifest: Manifest, before: LiveObject | undefined): Promise<LiveObject> {
    const id = idOf(manifest);
    const after = await this.#cluster.apply(manifest, { dryRun: true });
    this.#note(manifest);
    if (before !== undefined && isDeepStrictEqual(settled(before), settled(after))) {
      return before;
    }
    this.#changes.set(keyOf(id), { id, shown: objectDiffText(before, after, this.#hide) });
    return { ...after, metadata: { ...after.metadata, resourceVersion: CHANGED } };
  }

  /** Takes an object as it is to be, without the server. */
  #assume(manifest: Manifest, reason: string): LiveObject {
    const id = idOf(manifest);
    this.#unchecked.set(keyOf(id), reason);
    this.#changes.set(keyOf(id), { id, shown: objectDiffText(undefined, manifest, this.#hide) });
    return manifest;
  }

  /** Remembers the namespaces and kinds that an object would bring. */
  #note(manifest: Manifest): void {
    if (isNamespace(manifest)) {
      this.#namespaces.add(manifest.metadata.name);
    }
    if (isDefinition(manifest)) {
      const { scope } = manifest['spec'] as { readonly scope?: string };
      for (const kind of definedBy(manifest)) {
        this.#kinds.set(printKind(kind), { namespaced: scope !== 'Cluster' });
      }
    }
  }
}

/** An object without what each write sets. */
function settled({ metadata, ...fields }: LiveObject): object {
  const { resourceVersion: _version, generation: _generation, managedFields = [], ...rest } = metadata;
  return { ...fields, metadata: rest, managedFields: managedFields.map(({ time: _time, ...one }) => one) };
}
