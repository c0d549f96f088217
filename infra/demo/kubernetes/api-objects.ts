import { isRecord } from './fields.ts';
import { isMetadataOnly, list, metadataOf } from './list.ts';
import { patchMetadata } from './metadata-patch.ts';
import type { ApiObject, RequestTarget } from './resources.ts';
import { serverSideApply } from './server-side-apply.ts';
import { type Answer, type ApiStatus, failure, ok } from './status.ts';
import type { Store } from './store.ts';
import { validate } from './validation.ts';
import { create, mergePatch, replace } from './write.ts';

/** What is asked of an object or a collection. */
export interface ObjectRequest {
  readonly method: string;
  readonly target: RequestTarget;
  readonly query: URLSearchParams;
  readonly accept: string | undefined;
  readonly contentType: string | undefined;
  /** Reads the body, which reads have none of. */
  readonly body: () => Promise<unknown>;
}

interface DeleteOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: readonly string[];
}

/** Answers requests for the objects of a store. */
export class ApiObjects {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async answer({ method, target, query, accept, contentType, body }: ObjectRequest): Promise<Answer> {
    switch (method) {
      case 'GET':
        return this.#read(target, query, isMetadataOnly(accept));
      case 'POST':
      case 'PUT':
      case 'PATCH':
        return this.#write(`${method} ${contentType}`, target, query, await body());
      case 'DELETE':
        return this.#remove(target, query, await body());
      default:
        return failure.notAllowed();
    }
  }

  #read(target: RequestTarget, query: URLSearchParams, metadataOnly: boolean): Answer {
    if (target.name === '') {
      return list(this.#store, target, query, metadataOnly);
    }
    const found = this.#store.get(target);
    return found === undefined ? failure.notFound(target) : ok(metadataOnly ? metadataOf(found) : found);
  }

  #write(what: string, target: RequestTarget, query: URLSearchParams, body: unknown): Answer {
    if (target.resource.namespaced && this.#store.get(namespaceTarget(target.namespace)) === undefined) {
      return failure.notFound(namespaceTarget(target.namespace));
    }
    switch (what) {
      case 'PATCH application/apply-patch+yaml':
        return this.#apply(target, query, body);
      case 'PATCH application/json-patch+json':
        return this.#patch(target, query, body);
      case 'PATCH application/merge-patch+json':
        return mergePatch(this.#store, target, body);
      case 'POST application/json':
        return isApiObject(body) ? create(this.#store, target, body) : failure.badRequest('the body is no object');
      case 'PUT application/json':
        return isApiObject(body) ? replace(this.#store, target, body) : failure.badRequest('the body is no object');
      default:
        return failure.unsupported();
    }
  }

  #apply(target: RequestTarget, query: URLSearchParams, body: unknown): Answer {
    const manager = query.get('fieldManager') ?? '';
    if (!isApiObject(body) || body.kind !== target.resource.kind || body.metadata.name !== target.name) {
      return failure.badRequest('the object does not fit the URL');
    }
    if (manager === '') {
      return failure.badRequest('fieldManager is required for apply patch');
    }
    const live = this.#store.get(target);
    const metadata = target.resource.namespaced ? { ...body.metadata, namespace: target.namespace } : body.metadata;
    const time = new Date().toISOString().replace(/\.\d+/, '');
    const force = query.get('force') === 'true';
    const result = serverSideApply({ live, applied: { ...body, metadata }, manager, force, time });
    if ('conflicts' in result) {
      return failure.conflict(result.conflicts);
    }
    const faults = validate(result.object, live);
    if (faults.length > 0) {
      return failure.invalid(target, faults);
    }
    return { status: live === undefined ? 201 : 200, body: this.#put(target, query, result.object) };
  }

  #patch(target: RequestTarget, query: URLSearchParams, body: unknown): Answer {
    const live = this.#store.get(target);
    if (live === undefined) {
      return failure.notFound(target);
    }
    const result = patchMetadata(live, body);
    if ('unsupported' in result) {
      return failure.badRequest(result.unsupported);
    }
    if ('changed' in result) {
      return failure.changed(target, result.changed);
    }
    return ok(this.#put(target, query, result.object));
  }

  #remove(target: RequestTarget, query: URLSearchParams, options: unknown): Answer {
    const live = this.#store.get(target);
    if (live === undefined) {
      return failure.notFound(target);
    }
    const { preconditions, dryRun } = (options ?? {}) as DeleteOptions;
    const broken = brokenPrecondition(live, preconditions);
    if (broken !== undefined) {
      return failure.changed(target, broken);
    }
    if (!isDryRun(query) && dryRun?.includes('All') !== true) {
      this.#store.remove(target);
    }
    return ok(success(target));
  }

  /** Keeps nothing in a dry run. */
  #put(target: RequestTarget, query: URLSearchParams, object: ApiObject): ApiObject {
    return isDryRun(query) ? object : this.#store.put(target, object);
  }
}

function brokenPrecondition(live: ApiObject, wanted: DeleteOptions['preconditions'] = {}): string | undefined {
  const { uid, resourceVersion } = live.metadata;
  const broken = [
    { what: 'UID', wanted: wanted.uid, found: uid },
    { what: 'ResourceVersion', wanted: wanted.resourceVersion, found: resourceVersion },
  ].find((one) => one.wanted !== undefined && one.wanted !== one.found);
  return (
    broken &&
    `Precondition failed: ${broken.what} in precondition: ${broken.wanted}, ${broken.what} in object meta: ${broken.found}`
  );
}

function isDryRun(query: URLSearchParams): boolean {
  return query.get('dryRun') === 'All';
}

function success({ name, resource }: RequestTarget): ApiStatus {
  return { kind: 'Status', apiVersion: 'v1', status: 'Success', details: { name, kind: resource.name } };
}

export function namespaceTarget(name: string): RequestTarget {
  return {
    resource: { apiVersion: 'v1', kind: 'Namespace', name: 'namespaces', namespaced: false },
    namespace: '',
    name,
  };
}

function isApiObject(body: unknown): body is ApiObject {
  return isRecord(body) && isRecord(body['metadata']) && typeof body['metadata']['name'] === 'string';
}
