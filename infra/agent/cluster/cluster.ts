import { SluiceError } from '../../../shared/errors.ts';
import { idOf, type Kind, type Manifest, type ObjectId, printId } from '../manifest.ts';
import { accepted, openApi } from './api.ts';
import { groupPath, openDiscovery, printUnknown } from './discovery.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import { listPages, type Selection } from './list.ts';

/** An object as the cluster has it. */
export interface LiveObject extends Manifest {
  readonly metadata: Manifest['metadata'] & {
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly ownerReferences?: readonly unknown[];
    readonly managedFields?: readonly ManagedFields[];
  };
}

/** Which fields a manager has: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
export interface ManagedFields {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly time?: string;
  readonly subresource?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

/** What the agent does to a cluster. Every method throws SluiceError `cluster-unreachable` or `cluster-refused`. */
export interface Cluster {
  /**
   * The object with its namespace filled in where its kind has one, and left out where it has none. Undefined where
   * the cluster does not know the kind.
   */
  complete(manifest: Manifest): Promise<Manifest | undefined>;
  /** Undefined where there is none, or where the cluster does not know the kind. */
  read(id: ObjectId): Promise<LiveObject | undefined>;
  /** All objects of a kind; none where the cluster does not know the kind. */
  list(kind: Kind, selection?: Selection): Promise<readonly LiveObject[]>;
  /** The same page by page, for what need not be held at once; an object may come twice. */
  pages(kind: Kind, selection?: Selection): AsyncIterable<readonly LiveObject[]>;
  /** Server-side apply as the one owner of its fields. */
  apply(manifest: Manifest): Promise<LiveObject>;
  /** Ends an object and, in the background, what it owns. One that is gone is no fault. */
  remove(id: ObjectId): Promise<void>;
}

export const FIELD_MANAGER = 'sluice-agent';

/**
 * Talks to a cluster's API.
 *
 * @param timeoutMillis for one request
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
export function openCluster(access: ClusterAccess, timeoutMillis: number): Cluster {
  const ask = openApi(access, timeoutMillis);
  const discover = openDiscovery(ask, access.server);

  const pathOf = async ({ apiVersion, kind, namespace, name }: ObjectId): Promise<string | undefined> => {
    const resource = await discover({ apiVersion, kind });
    if (resource === undefined) {
      return undefined;
    }
    const within = resource.namespaced ? `/namespaces/${namespace || access.defaultNamespace}` : '';
    return `${groupPath(apiVersion)}${within}/${resource.name}/${encodeURIComponent(name)}`;
  };
  const pages = (kind: Kind, selection: Selection = {}) => listPages(ask, discover, kind, selection);

  return {
    async complete(manifest) {
      const resource = await discover(manifest);
      if (resource === undefined) {
        return undefined;
      }
      const { namespace = access.defaultNamespace, ...metadata } = manifest.metadata;
      return { ...manifest, metadata: resource.namespaced ? { ...metadata, namespace } : metadata };
    },
    async read(id) {
      const path = await pathOf(id);
      const reply = path === undefined ? undefined : await ask({ path });
      if (reply === undefined || reply.status === 404) {
        return undefined;
      }
      return accepted(reply, printId(id)) as LiveObject;
    },
    async list(kind, selection) {
      const byUrl = new Map<string, LiveObject>();
      for await (const page of pages(kind, selection)) {
        for (const one of page) {
          byUrl.set(printId(idOf(one)), one);
        }
      }
      return [...byUrl.values()];
    },
    pages,
    async apply(manifest) {
      const id = idOf(manifest);
      const path = await pathOf(id);
      if (path === undefined) {
        throw new SluiceError({ code: 'cluster-refused', subject: printId(id), found: printUnknown(id) });
      }
      const reply = await ask({
        method: 'PATCH',
        path: `${path}?fieldManager=${FIELD_MANAGER}&force=true`,
        // JSON is YAML, which is what this content type asks for.
        contentType: 'application/apply-patch+yaml',
        body: manifest,
      });
      return accepted(reply, printId(id)) as LiveObject;
    },
    async remove(id) {
      const path = await pathOf(id);
      if (path === undefined) {
        return;
      }
      const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' };
      const reply = await ask({ method: 'DELETE', path, contentType: 'application/json', body });
      if (reply.status !== 404) {
        accepted(reply, printId(id));
      }
    },
  };
}
