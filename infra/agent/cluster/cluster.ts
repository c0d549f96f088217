import { SluiceError } from '../../../shared/errors.ts';
import { idOf, type Kind, type Manifest, type ObjectId, printId } from '../manifest.ts';
import type { ManagedFields } from './api-types.ts';
import { type ApiClient, type ApiReply, expectOk, openApiClient } from './client.ts';
import { Discovery, groupPath, printUnknown } from './discovery.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import { listPages, METADATA, type Selection } from './list.ts';
import { retrying } from './retry.ts';

/** An object as the cluster has it. */
export interface LiveObject extends Manifest {
  readonly metadata: Manifest['metadata'] & {
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly (Kind & { readonly name: string; readonly uid?: string })[];
    readonly managedFields?: readonly ManagedFields[];
  };
}

/** What the agent does to a cluster. Every method throws SluiceError `cluster-unreachable` or `cluster-refused`. */
export interface Cluster {
  /**
   * The object with its namespace filled in where its kind has one, and left out where it has none. Undefined where
   * the cluster does not know the kind.
   */
  complete(manifest: Manifest): Promise<Manifest | undefined>;
  /** Undefined where there is none, or where the cluster does not know the kind. */
  read(id: ObjectId, how?: Pick<Selection, 'metadataOnly'>): Promise<LiveObject | undefined>;
  /** All objects of a kind; none where the cluster does not know the kind. */
  list(kind: Kind, selection?: Selection): Promise<readonly LiveObject[]>;
  /** The same page by page, for what need not be held at once; an object may come twice. */
  pages(kind: Kind, selection?: Selection): AsyncIterable<readonly LiveObject[]>;
  /**
   * The kind in a version that is served now: its own where that is, else the first of its group that has it. Undefined
   * where none has.
   */
  servedAs(kind: Kind): Promise<Kind | undefined>;
  /** All kinds whose objects are in namespaces and can be deleted. */
  namespacedKinds(): Promise<readonly Kind[]>;
  /** Server-side apply as the one owner of its fields. */
  apply(manifest: Manifest, write?: Write): Promise<LiveObject>;
  /** Edits by JSON Patch: https://datatracker.ietf.org/doc/html/rfc6902 */
  edit(id: ObjectId, operations: readonly Operation[], write?: Write): Promise<LiveObject>;
  /** Ends an object and, in the background, what it owns. One that is gone is no fault. */
  remove(id: ObjectId, write?: Write & Precondition): Promise<void>;
}

/** How to write. */
export interface Write {
  /** The server checks and answers as ever, and keeps nothing. */
  readonly dryRun?: boolean;
}

/** What has to hold for a deletion. */
export interface Precondition {
  /** It is this very object still, and not a later one of its name. */
  readonly uid?: string | undefined;
  /** Nobody has changed it since. */
  readonly resourceVersion?: string | undefined;
}

export interface Operation {
  readonly op: 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

export const FIELD_MANAGER = 'sluice-agent';

/**
 * Returns a cluster that is spoken to over its API.
 *
 * @param timeoutMillis for one request
 * @param request how it is asked: with conditions on writes, say, and how often
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
export function openCluster(
  access: ClusterAccess,
  timeoutMillis: number,
  request: ApiClient = retrying(openApiClient(access, timeoutMillis)),
): Cluster {
  return new ApiCluster(request, new Discovery(request, access.server), access.defaultNamespace);
}

/** What is public are fields, so that `{ ...cluster }` has them too. */
class ApiCluster implements Cluster {
  readonly #request: ApiClient;
  readonly #discovery: Discovery;
  readonly #defaultNamespace: string;

  constructor(request: ApiClient, discovery: Discovery, defaultNamespace: string) {
    this.#request = request;
    this.#discovery = discovery;
    this.#defaultNamespace = defaultNamespace;
  }

  readonly complete: Cluster['complete'] = async (manifest) => {
    const resource = await this.#discovery.resourceOf(manifest);
    if (resource === undefined) {
      return undefined;
    }
    const { namespace, ...metadata } = manifest.metadata;
    // `namespace: ""` and `namespace:` with nothing after it say no more than none.
    const within = { namespace: namespace || this.#defaultNamespace };
    return { ...manifest, metadata: resource.namespaced ? { ...metadata, ...within } : metadata };
  };

  readonly read: Cluster['read'] = async (id, { metadataOnly = false } = {}) => {
    const path = await this.#pathOf(id);
    if (path === undefined) {
      return undefined;
    }
    const reply = await this.#request({ path, ...(metadataOnly && { accept: METADATA }) });
    if (reply.status === 404) {
      return undefined;
    }
    const { apiVersion, kind } = id;
    return { ...(expectOk(reply, printId(id)) as LiveObject), apiVersion, kind };
  };

  readonly list: Cluster['list'] = async (kind, selection) => {
    const byUrl = new Map<string, LiveObject>();
    for await (const page of this.pages(kind, selection)) {
      for (const one of page) {
        byUrl.set(printId(idOf(one)), one);
      }
    }
    return [...byUrl.values()];
  };

  readonly pages: Cluster['pages'] = (kind, selection = {}) =>
    listPages(this.#request, this.#discovery, kind, selection);

  readonly servedAs: Cluster['servedAs'] = async (kind) => this.#discovery.servedAs(kind);

  readonly namespacedKinds: Cluster['namespacedKinds'] = async () => this.#discovery.namespacedKinds();

  readonly apply: Cluster['apply'] = async (manifest, write) =>
    // JSON is YAML, which is what this content type asks for.
    this.#patch(idOf(manifest), 'application/apply-patch+yaml', manifest, { force: 'true', ...queryOf(write) });

  readonly edit: Cluster['edit'] = async (id, operations, write) =>
    this.#patch(id, 'application/json-patch+json', operations, queryOf(write));

  readonly remove: Cluster['remove'] = async (id, { dryRun, uid, resourceVersion } = {}) => {
    const path = await this.#pathOf(id);
    if (path === undefined) {
      return;
    }
    const body = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: 'Background',
      // What is undefined is left out of JSON.
      preconditions: { uid, resourceVersion },
      ...(dryRun === true && { dryRun: ['All'] }),
    };
    const reply = await this.#request({ method: 'DELETE', path, contentType: 'application/json', body });
    if (reply.status !== 404 && !(await this.#isGoneBefore(id, uid, reply))) {
      expectOk(reply, printId(id));
    }
  };

  async #patch(
    id: ObjectId,
    contentType: string,
    body: unknown,
    options: Readonly<Record<string, string>>,
  ): Promise<LiveObject> {
    const path = await this.#pathOf(id);
    if (path === undefined) {
      throw new SluiceError({ code: 'cluster-refused', subject: printId(id), found: printUnknown(id) });
    }
    const query = new URLSearchParams({ fieldManager: FIELD_MANAGER, ...options }).toString();
    const reply = await this.#request({ method: 'PATCH', path: `${path}?${query}`, contentType, body });
    return expectOk(reply, printId(id)) as LiveObject;
  }

  /** Was it a try before, whose answer was lost, that deleted it? Another of its name may be there by now. */
  async #isGoneBefore(id: ObjectId, uid: string | undefined, { status, tries = 1 }: ApiReply): Promise<boolean> {
    if (status !== 409 || tries === 1 || uid === undefined) {
      return false;
    }
    const now = await this.read(id, { metadataOnly: true });
    return now?.metadata.uid !== uid;
  }

  /** Undefined where the cluster does not know the kind. */
  async #pathOf({ apiVersion, kind, namespace, name }: ObjectId): Promise<string | undefined> {
    const resource = await this.#discovery.resourceOf({ apiVersion, kind });
    if (resource === undefined) {
      return undefined;
    }
    const within = resource.namespaced ? `/namespaces/${namespace || this.#defaultNamespace}` : '';
    return `${groupPath(apiVersion)}${within}/${resource.name}/${encodeURIComponent(name)}`;
  }
}

function queryOf({ dryRun = false }: Write = {}): Readonly<Record<string, string>> {
  return dryRun ? { dryRun: 'All' } : {};
}
