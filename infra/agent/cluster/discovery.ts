import { SluiceError } from '../../../shared/errors.ts';
import { groupOf, type Kind } from '../manifest.ts';
import { inParallel } from '../parallel.ts';
import type { ApiResource } from './api-types.ts';
import { type ApiClient, type ApiReply, expectOk, refusalOf } from './client.ts';

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

/** Looks resources up, once each. What was not known before may be by now: a definition may have been applied. */
export class Discovery {
  readonly #request: ApiClient;
  readonly #server: string;
  readonly #known = new Map<string, Promise<ReadonlyMap<string, ApiResource>>>();

  /** @param server names the cluster in errors */
  constructor(request: ApiClient, server: string) {
    this.#request = request;
    this.#server = server;
  }

  /** The resource of a kind; undefined where the cluster does not know it. */
  async resourceOf({ apiVersion, kind }: Kind): Promise<ApiResource | undefined> {
    const kept = this.#known.get(apiVersion);
    const found = (await (kept ?? this.#lookAndKeep(apiVersion))).get(kind);
    return found ?? (kept === undefined ? undefined : (await this.#lookAndKeep(apiVersion)).get(kind));
  }

  /**
   * The kind in a version that is served now: its own where that is, else the first of its group that has it. Undefined
   * where none has.
   *
   * @throws SluiceError `cluster-refused` also while the API server cannot tell all versions yet
   */
  async servedAs({ apiVersion, kind }: Kind): Promise<Kind | undefined> {
    if ((await this.#lookAndKeep(apiVersion)).has(kind)) {
      return { apiVersion, kind };
    }
    const versions = (await this.#allVersions()).filter((one) => groupOf(one) === groupOf(apiVersion));
    for (const version of versions) {
      if ((await this.#lookAndKeep(version)).has(kind)) {
        return { apiVersion: version, kind };
      }
    }
    return undefined;
  }

  /**
   * All kinds that stand in namespaces and can be listed and deleted, each in one version: the one that its group
   * prefers, where that has it.
   *
   * @throws SluiceError `cluster-refused` also while the API server cannot tell all of them yet
   */
  async namespacedKinds(): Promise<readonly Kind[]> {
    const versions = await this.#allVersions();
    const kinds = await inParallel(versions, AT_ONCE, async (apiVersion) => this.#namespacedIn(apiVersion));
    const first = new Map<string, Kind>();
    for (const one of kinds.flat()) {
      const name = `${groupOf(one.apiVersion)} ${one.kind}`;
      first.set(name, first.get(name) ?? one);
    }
    return [...first.values()];
  }

  async #namespacedIn(apiVersion: string): Promise<readonly Kind[]> {
    const found = await this.#lookAndKeep(apiVersion);
    if (found === NOT_SERVED) {
      // It is named all the same: what it has is not known to be nothing.
      throw notServed(this.#server, apiVersion);
    }
    return [...found].flatMap(([kind, { namespaced, verbs = [] }]) =>
      namespaced && verbs.includes('list') && verbs.includes('delete') ? [{ apiVersion, kind }] : [],
    );
  }

  /** Of each group the one that it prefers first. */
  async #allVersions(): Promise<readonly string[]> {
    await requireReady(this.#request, this.#server);
    const reply = await this.#request({ path: '/apis' });
    const { groups = [] } = expectOk(reply, `cluster ${this.#server}`) as GroupList;
    const inGroups = groups.flatMap(({ preferredVersion, versions }) => [preferredVersion].concat(versions));
    return [...new Set(['v1', ...inGroups.map(({ groupVersion }) => groupVersion)])];
  }

  async #lookAndKeep(apiVersion: string): Promise<ReadonlyMap<string, ApiResource>> {
    const fresh = this.#look(apiVersion);
    this.#known.set(apiVersion, fresh);
    fresh.catch(() => this.#known.delete(apiVersion));
    return fresh;
  }

  async #look(apiVersion: string): Promise<ReadonlyMap<string, ApiResource>> {
    const reply = await this.#request({ path: groupPath(apiVersion) });
    if (reply.status === 404) {
      return NOT_SERVED;
    }
    if (AWAY.has(reply.status) && groupOf(apiVersion) !== '') {
      throw apiAway(this.#server, apiVersion, reply);
    }
    const { resources = [] } = expectOk(reply, `cluster ${this.#server}, ${apiVersion}`) as {
      resources?: readonly (ApiResource & { kind: string })[];
    };
    // `deployments/status` is a part of a resource.
    return new Map(resources.filter(({ name }) => !name.includes('/')).map((one) => [one.kind, one]));
  }
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
