import type { Kind } from '../manifest.ts';
import { type Ask, accepted } from './api.ts';

/** What stands behind a kind. */
export interface Resource {
  /** Plural, as it stands in URLs. */
  readonly name: string;
  readonly namespaced: boolean;
}

/** The resource of a kind; undefined where the cluster does not know it. */
export type Discovery = (kind: Kind) => Promise<Resource | undefined>;

/** Looks resources up, once each. What was not known before may be by now: a definition may have been applied. */
export function openDiscovery(ask: Ask, server: string): Discovery {
  const known = new Map<string, Promise<ReadonlyMap<string, Resource>>>();
  const look = async (apiVersion: string): Promise<ReadonlyMap<string, Resource>> => {
    const reply = await ask({ path: groupPath(apiVersion) });
    if (reply.status === 404) {
      return new Map();
    }
    const { resources = [] } = accepted(reply, `cluster ${server}, ${apiVersion}`) as {
      resources?: readonly (Resource & { kind: string })[];
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
  return async ({ apiVersion, kind }) => {
    const kept = known.get(apiVersion);
    const found = (await (kept ?? lookAndKeep(apiVersion))).get(kind);
    return found ?? (kept === undefined ? undefined : (await lookAndKeep(apiVersion)).get(kind));
  };
}

/** What is said of a kind that the cluster does not know. */
export function printUnknown({ apiVersion, kind }: Kind): string {
  return `no kind ${kind} in ${apiVersion}`;
}

/** `/apis/apps/v1`, `/api/v1` */
export function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
