import { isRecord } from './fields.ts';
import type { ApiObject, RequestTarget } from './resources.ts';
import { type Answer, failure } from './status.ts';
import type { Store } from './store.ts';
import { validate } from './validation.ts';

/** Makes an object that is not there yet: https://kubernetes.io/docs/reference/using-api/api-concepts/#api-verbs */
export function create(store: Store, collection: RequestTarget, object: ApiObject): Answer {
  const target = { ...collection, name: object.metadata.name };
  return store.get(target) === undefined ? put(store, target, object, 201) : failure.exists(target);
}

const CREATED_ON_UPDATE: ReadonlySet<string> = new Set(['Lease', 'Event']);

/** Writes an object over, if it still is of the version that the new one names. */
export function replace(store: Store, target: RequestTarget, object: ApiObject): Answer {
  const live = store.get(target);
  if (live === undefined) {
    return CREATED_ON_UPDATE.has(target.resource.kind) ? create(store, target, object) : failure.notFound(target);
  }
  const { resourceVersion = live.metadata.resourceVersion, managedFields: _fields, ...metadata } = object.metadata;
  if (resourceVersion !== live.metadata.resourceVersion) {
    return changed(target);
  }
  const { managedFields } = live.metadata;
  const kept = { ...metadata, ...(managedFields === undefined ? {} : { managedFields }) };
  return put(store, target, { ...object, metadata: kept }, 200);
}

/** Changes what a patch names: https://datatracker.ietf.org/doc/html/rfc7396 */
export function mergePatch(store: Store, target: RequestTarget, patch: unknown): Answer {
  const live = store.get(target);
  if (live === undefined) {
    return failure.notFound(target);
  }
  const merged = merge(live, patch) as ApiObject;
  return merged.metadata.resourceVersion === live.metadata.resourceVersion
    ? put(store, target, merged, 200)
    : changed(target);
}

function changed(target: RequestTarget): Answer {
  return failure.changed(
    target,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

function put(store: Store, target: RequestTarget, object: ApiObject, status: number): Answer {
  const metadata = target.resource.namespaced ? { ...object.metadata, namespace: target.namespace } : object.metadata;
  const named = { ...object, metadata };
  const faults = validate(named, store.get(target));
  return faults.length > 0 ? failure.invalid(target, faults) : { status, body: store.put(target, named) };
}

function merge(live: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) {
    return patch;
  }
  const merged: Record<string, unknown> = isRecord(live) ? { ...live } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) {
      delete merged[name];
    } else {
      merged[name] = merge(merged[name], value);
    }
  }
  return merged;
}
