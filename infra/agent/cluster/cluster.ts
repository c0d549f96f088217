import { fetch } from 'undici';
import { isSluiceError, messageOf, SluiceError } from '../../../shared/errors.ts';
import { idOf, type Manifest, type ObjectId, printId } from '../manifest.ts';
import type { ClusterAccess } from './kubeconfig.ts';

/** An object as the cluster has it. */
export interface LiveObject extends Manifest {
  readonly metadata: Manifest['metadata'] & {
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly ownerReferences?: readonly unknown[];
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
  read(id: ObjectId): Promise<LiveObject | undefined>;
  /** Server-side apply as the one owner of its fields. */
  apply(manifest: Manifest): Promise<LiveObject>;
  /** Ends an object and, in the background, what it owns. One that is gone is no fault. */
  remove(id: ObjectId): Promise<void>;
}

export const FIELD_MANAGER = 'sluice-agent';

interface Resource {
  readonly name: string;
  readonly namespaced: boolean;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Talks to a cluster's API.
 *
 * @param timeoutMillis for one request
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
export function openCluster(access: ClusterAccess, timeoutMillis: number): Cluster {
  const request = async (method: string, path: string, contentType?: string, body?: unknown): Promise<Reply> => {
    try {
      const response = await fetch(`${access.server}${path}`, {
        method,
        headers: {
          ...(await access.headers()),
          accept: 'application/json',
          ...(contentType && { 'content-type': contentType }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        dispatcher: access.dispatcher,
        signal: AbortSignal.timeout(timeoutMillis),
      });
      const text = await response.text();
      return { status: response.status, body: parse(text) };
    } catch (error) {
      throw unreachable(access.server, error, timeoutMillis);
    }
  };
  const resources = discovery(request, access.server);

  const pathOf = async ({ apiVersion, kind, namespace, name }: ObjectId): Promise<string | undefined> => {
    const resource = await resources(apiVersion, kind);
    if (resource === undefined) {
      return undefined;
    }
    const within = resource.namespaced ? `/namespaces/${namespace || access.defaultNamespace}` : '';
    return `${groupPath(apiVersion)}${within}/${resource.name}/${encodeURIComponent(name)}`;
  };

  return {
    async complete(manifest) {
      const resource = await resources(manifest.apiVersion, manifest.kind);
      if (resource === undefined) {
        return undefined;
      }
      const { namespace = access.defaultNamespace, ...metadata } = manifest.metadata;
      return { ...manifest, metadata: resource.namespaced ? { ...metadata, namespace } : metadata };
    },
    async read(id) {
      const path = await pathOf(id);
      const reply = path === undefined ? undefined : await request('GET', path);
      if (reply === undefined || reply.status === 404) {
        return undefined;
      }
      return accepted(reply, printId(id)) as LiveObject;
    },
    async apply(manifest) {
      const id = idOf(manifest);
      const path = await pathOf(id);
      if (path === undefined) {
        throw refused(printId(id), printUnknown(id), false);
      }
      const query = `fieldManager=${FIELD_MANAGER}&force=true`;
      // JSON is YAML, which is what this content type asks for.
      return accepted(
        await request('PATCH', `${path}?${query}`, 'application/apply-patch+yaml', manifest),
        printId(id),
      ) as LiveObject;
    },
    async remove(id) {
      const path = await pathOf(id);
      const options = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' };
      const reply = path === undefined ? undefined : await request('DELETE', path, 'application/json', options);
      if (reply !== undefined && reply.status !== 404) {
        accepted(reply, printId(id));
      }
    },
  };
}

/** The resources behind kinds. What was not known before may be by now: a definition may have been applied. */
function discovery(request: (method: string, path: string) => Promise<Reply>, server: string) {
  const known = new Map<string, Promise<ReadonlyMap<string, Resource>>>();
  const ask = async (apiVersion: string): Promise<ReadonlyMap<string, Resource>> => {
    const reply = await request('GET', groupPath(apiVersion));
    if (reply.status === 404) {
      return new Map();
    }
    const { resources = [] } = accepted(reply, `cluster ${server}, ${apiVersion}`) as {
      resources?: readonly (Resource & { kind: string })[];
    };
    // `deployments/status` is a part of a resource.
    return new Map(resources.filter(({ name }) => !name.includes('/')).map((one) => [one.kind, one]));
  };
  const askAndKeep = (apiVersion: string) => {
    const fresh = ask(apiVersion);
    known.set(apiVersion, fresh);
    fresh.catch(() => known.delete(apiVersion));
    return fresh;
  };
  return async (apiVersion: string, kind: string): Promise<Resource | undefined> => {
    const kept = known.get(apiVersion);
    const found = (await (kept ?? askAndKeep(apiVersion))).get(kind);
    return found ?? (kept === undefined ? undefined : (await askAndKeep(apiVersion)).get(kind));
  };
}

/** What is said of a kind that the cluster does not know. */
export function printUnknown({ apiVersion, kind }: Pick<ObjectId, 'apiVersion' | 'kind'>): string {
  return `no kind ${kind} in ${apiVersion}`;
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function accepted({ status, body }: Reply, subject: string): unknown {
  if (status >= 200 && status < 300) {
    return body;
  }
  // The API server's own words, of its Status object.
  const said = typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : undefined;
  const next = status === 401 ? 'Check the credentials that the kubeconfig names.' : undefined;
  throw refused(subject, said ?? `status ${status}`, status === 429 || status >= 500, next);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(subject: string, found: string, retryable: boolean, next?: string): SluiceError {
  return new SluiceError({ code: 'cluster-refused', subject, found, retryable, ...(next !== undefined && { next }) });
}

function unreachable(server: string, error: unknown, timeoutMillis: number): SluiceError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (isSluiceError(cause)) {
    return cause;
  }
  const isTimeout = error instanceof Error && error.name === 'TimeoutError';
  return new SluiceError({
    code: 'cluster-unreachable',
    subject: `cluster ${server}`,
    expected: 'an answer of its API',
    found: isTimeout ? `none within ${timeoutMillis / 1000} s` : messageOf(cause),
    next: 'Check that it runs and that the kubeconfig points to it.',
    retryable: true,
    cause,
  });
}
