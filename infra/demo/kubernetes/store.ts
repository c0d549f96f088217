import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { ClusterIps } from './cluster-ip.ts';
import type { ApiObject, RequestTarget } from './resources.ts';

/** What happened to an object. */
export interface ObjectEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: ApiObject;
}

/** A new generation is a new wish: only a changed spec makes one. */
const WISH = 'spec';

/** The objects of the cluster, in memory. What it returns is not to be changed in place. */
export class Store {
  readonly #objects = new Map<string, ApiObject>();
  readonly #addresses = new ClusterIps();
  readonly #observers: ((event: ObjectEvent) => void)[] = [];
  #version = 1;

  /** Has every change told, in the order of the subscriptions. */
  subscribe(observer: (event: ObjectEvent) => void): void {
    this.#observers.push(observer);
  }

  get(target: RequestTarget): ApiObject | undefined {
    return this.#objects.get(keyOf(target));
  }

  list({ resource, namespace }: RequestTarget): readonly ApiObject[] {
    return [...this.#objects.values()].filter(
      ({ kind, metadata }) => kind === resource.kind && (namespace === '' || metadata.namespace === namespace),
    );
  }

  /** Puts an object; where nothing differs it stays as it was, its version too. */
  put(target: RequestTarget, wished: ApiObject): ApiObject {
    const before = this.get(target);
    const object = this.#addresses.assign(wished, before);
    if (before !== undefined && isDeepStrictEqual(withoutVersion(before), withoutVersion(object))) {
      return before;
    }
    this.#version += 1;
    const isNewWish = before === undefined || !isDeepStrictEqual(before[WISH], object[WISH]);
    const generation = (before?.metadata.generation ?? 0) + Number(isNewWish);
    const stored: ApiObject = {
      ...object,
      metadata: {
        ...object.metadata,
        uid: before?.metadata.uid ?? randomUUID(),
        creationTimestamp: before?.metadata.creationTimestamp ?? new Date().toISOString().replace(/\.\d+/, ''),
        resourceVersion: this.version(),
        ...(WISH in object ? { generation } : {}),
      },
    };
    this.#objects.set(keyOf(target), stored);
    this.#tell({ type: before === undefined ? 'ADDED' : 'MODIFIED', object: stored });
    return stored;
  }

  /** Removes an object; a namespace takes all within it along. */
  remove(target: RequestTarget): ApiObject | undefined {
    return this.#removeAt(keyOf(target));
  }

  /** The version of the whole, which grows with each change. */
  version(): string {
    return String(this.#version);
  }

  #removeAt(key: string): ApiObject | undefined {
    const object = this.#objects.get(key);
    if (object === undefined) {
      return undefined;
    }
    this.#version += 1;
    this.#objects.delete(key);
    this.#tell({ type: 'DELETED', object });
    for (const inside of object.kind === 'Namespace' ? this.#keysWithin(object.metadata.name) : []) {
      this.#removeAt(inside);
    }
    return object;
  }

  #keysWithin(namespace: string): readonly string[] {
    return [...this.#objects].flatMap(([key, { metadata }]) => (metadata.namespace === namespace ? [key] : []));
  }

  #tell(event: ObjectEvent): void {
    for (const observer of this.#observers) {
      observer(event);
    }
  }
}

function keyOf({ resource, namespace, name }: RequestTarget): string {
  return `${resource.name} ${namespace} ${name}`;
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
