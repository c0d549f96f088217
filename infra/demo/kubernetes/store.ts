import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { clusterIps } from './cluster-ip.ts';
import type { ApiObject, RequestTarget } from './resources.ts';

/** What happened to an object. */
export interface ObjectEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: ApiObject;
}

/** The objects of the cluster, in memory. What it gives is not to be changed in place. */
export interface Store {
  get(target: RequestTarget): ApiObject | undefined;
  list(target: RequestTarget): readonly ApiObject[];
  /** Puts an object; where nothing differs it stays as it was, its version too. */
  put(target: RequestTarget, object: ApiObject): ApiObject;
  /** A namespace takes all within it along. */
  remove(target: RequestTarget): ApiObject | undefined;
  /** The version of the whole, which grows with each change. */
  version(): string;
}

/** A new generation is a new wish: only a changed spec makes one. */
const WISH = 'spec';

export function createStore(changed: (event: ObjectEvent) => void): Store {
  const objects = new Map<string, ApiObject>();
  const withAddress = clusterIps();
  let version = 1;
  const keyOf = ({ resource, namespace, name }: RequestTarget) => `${resource.name} ${namespace} ${name}`;
  const removeAt = (key: string): ApiObject | undefined => {
    const object = objects.get(key);
    if (object !== undefined) {
      version += 1;
      objects.delete(key);
      changed({ type: 'DELETED', object });
      for (const inside of object.kind === 'Namespace' ? keysWithin(object.metadata.name) : []) {
        removeAt(inside);
      }
    }
    return object;
  };
  const keysWithin = (namespace: string) =>
    [...objects].flatMap(([key, { metadata }]) => (metadata.namespace === namespace ? [key] : []));
  return {
    get: (target) => objects.get(keyOf(target)),
    list: ({ resource, namespace }) =>
      [...objects.values()].filter(
        ({ kind, metadata }) => kind === resource.kind && (namespace === '' || metadata.namespace === namespace),
      ),
    put(target, wished) {
      const before = objects.get(keyOf(target));
      const object = withAddress(wished, before);
      if (before !== undefined && isDeepStrictEqual(withoutVersion(before), withoutVersion(object))) {
        return before;
      }
      version += 1;
      const isNewWish = before === undefined || !isDeepStrictEqual(before[WISH], object[WISH]);
      const generation = (before?.metadata.generation ?? 0) + Number(isNewWish);
      const stored: ApiObject = {
        ...object,
        metadata: {
          ...object.metadata,
          uid: before?.metadata.uid ?? randomUUID(),
          creationTimestamp: before?.metadata.creationTimestamp ?? new Date().toISOString().replace(/\.\d+/, ''),
          resourceVersion: String(version),
          ...(WISH in object ? { generation } : {}),
        },
      };
      objects.set(keyOf(target), stored);
      changed({ type: before === undefined ? 'ADDED' : 'MODIFIED', object: stored });
      return stored;
    },
    remove: (target) => removeAt(keyOf(target)),
    version: () => String(version),
  };
}

function withoutVersion({ metadata, ...fields }: ApiObject): object {
  const {
    resourceVersion: _version,
    generation: _generation,
    uid: _uid,
    creationTimestamp: _created,
    ...rest
  } = metadata;
  return { ...fields, metadata: rest };
}
