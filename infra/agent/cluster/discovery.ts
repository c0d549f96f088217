import { SluiceError } from '../../../shared/errors.ts';
import { groupOf, type Kind } from '../manifest.ts';
import { inParallel } from '../parallel.ts';
import { type ApiClient, type ApiReply, expectOk, refusalOf } from './client.ts';

/** What stands behind a kind. */
export interface ApiResource {
  /** Plural, as it stands in URLs. */
  readonly name: string;
  readonly namespaced: boolean;
  readonly verbs?: readonly string[];
}

interface Version {
  readonly groupVersion: string;
}

interface GroupList {
  readonly groups?: readonly { readonly preferredVersion: Version; readonly versions: readonly Version[] }[];
}

const AT_ONCE = 8;
/** So the API server answers for an API that another server has, where that does not. */
const AWAY: ReadonlySet<number> = new Set([502, 503, 504]);

/** Of a version that the API server does not know. */
const NOT_SERVED: ReadonlyMap<string, ApiResource> = new Map();

/** What the cluster knows. */
export interface Discovery {
  /** The resource of a kind; undefined where the cluster does not know it. */
  resourceOf(kind: Kind): Promise<ApiResource | undefined>;
  /**
   * The kind in a version that is served now: its own where that is, else the first of its group that has it. Undefined
   * where none has.
   *
   * @throws SluiceError `cluster-refused` also while the API server cannot tell all versions yet
   */
  servedAs(kind: Kind): Promise<Kind | undefined>;
  /**
   * All kinds that stand in namespaces and can be listed and deleted, each in one version: the one that its group
   * prefers, where that has it.
   *
   * @throws SluiceError `cluster-refused` also while the API server cannot tell all of them yet
   */
  namespacedKinds(): Promise<readonly Kind[]>;
}

/** Looks resources up, once each. What was not known before may be by now: a definition may have been applied. */
export function openDiscovery(request: ApiClient, server: string): Discovery {
  const known = new Map<string, Promise<ReadonlyMap<string, ApiResource>>>();
  const look = async (apiVersion: string): Promise<ReadonlyMap<string, ApiResource>> => {
    const reply = await request({ path: groupPath(apiVersion) });
    if (reply.status === 404) {
      return NOT_SERVED;
    }
    if (AWAY.has(reply.status) && groupOf(apiVersion) !== '') {
      throw apiAway(server, apiVersion, reply);
    }
    const { resources = [] } = expectOk(reply, `cluster ${server}, ${apiVersion}`) as {
      resources?: readonly (ApiResource & { kind: string })[];
    };
    // `deployments/status` is a part of a resource.
    return new Map(resources.filter(({ name }) => !name.includes('/')).map((one) => [one.kind, one]));
  };
  const lookAndKeep = (apiVersion: string) => {
    const fresh = look(apiVersion);
    known.set(apiVersion, fresh);
    fresh.catch(() => known.delete(apiVersion));
    return fresh;
  };
  /** Of each group the one that it prefers first. */
  const allVersions = async (): Promise<readonly string[]> => {
    await requireReady(request, server);
    const { groups = [] } = expectOk(await request({ path: '/apis' }), `cluster ${server}`) as GroupList;
    const inGroups = groups.flatMap(({ preferredVersion, versions }) => [preferredVersion].concat(versions));
    return [...new Set(['v1', ...inGroups.map(({ groupVersion }) => groupVersion)])];
  };
  return {
    async resourceOf({ apiVersion, kind }) {
      const kept = known.get(apiVersion);
      const found = (await (kept ?? lookAndKeep(apiVersion))).get(kind);
      return found ?? (kept === undefined ? undefined : (await lookAndKeep(apiVersion)).get(kind));
    },
    async servedAs({ apiVersion, kind }) {
      if ((await lookAndKeep(apiVersion)).has(kind)) {
        return { apiVersion, kind };
      }
      const versions = (await allVersions()).filter((one) => groupOf(one) === groupOf(apiVersion));
      for (const version of versions) {
        if ((await lookAndKeep(version)).has(kind)) {
          return { apiVersion: version, kind };
        }
      }
      return undefined;
    },
    async namespacedKinds() {
      const kinds = await inParallel(await allVersions(), AT_ONCE, async (apiVersion) => {
        const found = await lookAndKeep(apiVersion);
        if (found === NOT_SERVED) {
          // It is named all the same: what it has is not known to be nothing.
          throw notServed(server, apiVersion);
        }
        return [...found].flatMap(([kind, { namespaced, verbs = [] }]) =>
          namespaced && verbs.includes('list') && verbs.includes('delete') ? [{ apiVersion, kind }] : [],
        );
      });
      const first = new Map<string, Kind>();
      for (const one of kinds.flat()) {
        const name = `${groupOf(one.apiVersion)} ${one.kind}`;
        first.set(name, first.get(name) ?? one);
      }
      return [...first.values()];
    },
  };
}

/**
 * Makes sure that an API server knows all kinds: one that has just been started lists its groups before it knows those of
 * definitions.
 *
 * @throws SluiceError `cluster-refused` where it is not ready, or does not say so
 */
export async function requireReady(request: ApiClient, server: string): Promise<void> {
  const { status } = await request({ path: '/readyz' });
  if (status !== 200) {
    throw new SluiceError({
      code: 'cluster-refused',
      subject: `cluster ${server}`,
      expected: 'an API server that knows all kinds',
      found: `the API server is not ready (status ${status} of /readyz)`,
      retryable: true,
    });
  }
}

/** An API is called by its version and its group: https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/ */
function apiAway(server: string, apiVersion: string, { status, body }: ApiReply): SluiceError {
  const [group, version] = apiVersion.split('/');
  const name = `${version}.${group}`;
  return new SluiceError({
    code: 'cluster-refused',
    subject: `cluster ${server}`,
    expected: `an answer for ${apiVersion}`,
    found: `that its APIService ${name} is away: ${refusalOf(body)?.message ?? `status ${status}`}`,
    next: `Check \`kubectl get apiservice ${name}\``,
    retryable: true,
  });
}

function notServed(server: string, apiVersion: string): SluiceError {
  return new SluiceError({
    code: 'cluster-refused',
    subject: `cluster ${server}`,
    expected: `the kinds of ${apiVersion}, which it names among its versions`,
    found: 'that nobody serves it',
    retryable: true,
  });
}

/** What is said of a kind that the cluster does not know. */
export function printUnknown({ apiVersion, kind }: Kind): string {
  return `no kind ${kind} in ${apiVersion}`;
}

/** `/apis/apps/v1`, `/api/v1` */
export function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
