import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parse } from 'yaml';
import { readBody } from '../../local/gateway.ts';
import { listenOnLoopback } from '../../local/loopback.ts';
import { startDeploymentController } from './deployment-controller.ts';
import { isRecord } from './fields.ts';
import { isMetadataOnly, list, metadataOf } from './list.ts';
import { patchMetadata } from './metadata-patch.ts';
import { type ApiObject, groupList, type RequestTarget, resourceList, targetOf } from './resources.ts';
import { serverSideApply } from './server-side-apply.ts';
import { type Answer, type FailureStatus, failure } from './status.ts';
import { createStore, type ObjectEvent } from './store.ts';
import { validate } from './validation.ts';
import { create, mergePatch, replace } from './write.ts';

export interface KubernetesOptions {
  /** How long one pod takes to become ready. */
  readonly podMillis?: number;
  readonly onEvent?: (event: ObjectEvent) => void;
  /** Is the image to be had? Anything is where it is left out. */
  readonly canPull?: (image: string) => Promise<boolean>;
}

export interface Kubernetes {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The text of a kubeconfig that opens it. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/**
 * A small Kubernetes API on loopback, in memory: reads, lists, writes and deletion of a few kinds, and Deployments that
 * roll out. For trying Sluice where there is no cluster; it runs nothing.
 */
export async function startKubernetes({
  podMillis = 300,
  onEvent,
  canPull = async () => true,
}: KubernetesOptions = {}): Promise<Kubernetes> {
  const controller = startDeploymentController(() => store, podMillis, canPull);
  const store = createStore((event) => {
    controller.observe(event);
    onEvent?.(event);
  });
  store.put(namespaceTarget('default'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  const token = randomBytes(16).toString('hex');

  const read = (target: RequestTarget, query: URLSearchParams, metadataOnly: boolean): Answer => {
    if (target.name === '') {
      return list(store, target, query, metadataOnly);
    }
    const found = store.get(target);
    return found === undefined ? failure.notFound(target) : ok(metadataOnly ? metadataOf(found) : found);
  };

  const apply = (target: RequestTarget, query: URLSearchParams, body: unknown): Answer => {
    const manager = query.get('fieldManager') ?? '';
    if (!isApiObject(body) || body.kind !== target.resource.kind || body.metadata.name !== target.name) {
      return failure.badRequest('the object does not fit the URL');
    }
    if (manager === '') {
      return failure.badRequest('fieldManager is required for apply patch');
    }
    const live = store.get(target);
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
    const stored = isDryRun(query) ? result.object : store.put(target, result.object);
    return { status: live === undefined ? 201 : 200, body: stored };
  };

  const patch = (target: RequestTarget, query: URLSearchParams, body: unknown): Answer => {
    const live = store.get(target);
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
    return ok(isDryRun(query) ? result.object : store.put(target, result.object));
  };

  const remove = (target: RequestTarget, query: URLSearchParams, options: unknown): Answer => {
    const live = store.get(target);
    if (live === undefined) {
      return failure.notFound(target);
    }
    const { preconditions, dryRun } = (options ?? {}) as DeleteOptions;
    const { uid, resourceVersion } = live.metadata;
    const broken = [
      { what: 'UID', wanted: preconditions?.uid, found: uid },
      { what: 'ResourceVersion', wanted: preconditions?.resourceVersion, found: resourceVersion },
    ].find(({ wanted, found }) => wanted !== undefined && wanted !== found);
    if (broken !== undefined) {
      const { what, wanted, found } = broken;
      return failure.changed(
        target,
        `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found}`,
      );
    }
    if (!isDryRun(query) && dryRun?.includes('All') !== true) {
      store.remove(target);
    }
    return ok(success(target));
  };

  const write = (what: string, target: RequestTarget, query: URLSearchParams, body: unknown): Answer => {
    if (target.resource.namespaced && store.get(namespaceTarget(target.namespace)) === undefined) {
      return failure.notFound(namespaceTarget(target.namespace));
    }
    switch (what) {
      case 'PATCH application/apply-patch+yaml':
        return apply(target, query, body);
      case 'PATCH application/json-patch+json':
        return patch(target, query, body);
      case 'PATCH application/merge-patch+json':
        return mergePatch(store, target, body);
      case 'POST application/json':
        return isApiObject(body) ? create(store, target, body) : failure.badRequest('the body is no object');
      case 'PUT application/json':
        return isApiObject(body) ? replace(store, target, body) : failure.badRequest('the body is no object');
      default:
        return failure.unsupported();
    }
  };

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const url = new URL(request.url ?? '/', 'http://kubernetes');
    if (request.headers.authorization !== `Bearer ${token}`) {
      return failure.unauthorized();
    }
    if (url.pathname === '/version') {
      return ok({ major: '1', minor: '35', gitVersion: 'v1.35.0-sluice' });
    }
    if (url.pathname === '/readyz') {
      return ok({});
    }
    if (url.pathname === '/apis') {
      return ok(groupList());
    }
    const group = /^\/apis?\/(.+)$/.exec(url.pathname)?.[1];
    const resources = group === undefined ? undefined : resourceList(group);
    if (resources !== undefined) {
      return ok(resources);
    }
    const target = targetOf(url.pathname);
    if (target === undefined) {
      return failure.noResource();
    }
    const { method = '' } = request;
    switch (method) {
      case 'GET':
        return read(target, url.searchParams, isMetadataOnly(request.headers.accept));
      case 'POST':
      case 'PUT':
      case 'PATCH':
        return write(`${method} ${request.headers['content-type']}`, target, url.searchParams, await bodyOf(request));
      case 'DELETE':
        return remove(target, url.searchParams, await bodyOf(request));
      default:
        return failure.notAllowed();
    }
  };

  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    answer(request)
      .catch((error: unknown) => failure.badRequest(String(error)))
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      })
      .catch(() => response.destroy());
  });
  const { host, close } = await listenOnLoopback(server, 0);
  const url = `http://${host}`;
  return {
    url,
    kubeconfig: kubeconfigOf(url, token),
    async stop() {
      controller.stop();
      await close();
    },
  };
}

interface DeleteOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: readonly string[];
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  return parse((await readBody(request))?.toString('utf8') ?? '');
}

function isDryRun(query: URLSearchParams): boolean {
  return query.get('dryRun') === 'All';
}

function ok(body: object): Answer {
  return { status: 200, body };
}

function success({ name, resource }: RequestTarget): FailureStatus {
  return { kind: 'Status', apiVersion: 'v1', status: 'Success', details: { name, kind: resource.name } };
}

function namespaceTarget(name: string): RequestTarget {
  return {
    resource: { apiVersion: 'v1', kind: 'Namespace', name: 'namespaces', namespaced: false },
    namespace: '',
    name,
  };
}

function isApiObject(body: unknown): body is ApiObject {
  return isRecord(body) && isRecord(body['metadata']) && typeof body['metadata']['name'] === 'string';
}

/** JSON is YAML. */
function kubeconfigOf(server: string, token: string): string {
  const name = 'sluice-demo';
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    // Without this clients refuse plain HTTP, which never leaves this machine.
    clusters: [{ name, cluster: { server, 'insecure-skip-tls-verify': true } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    users: [{ name, user: { token } }],
  });
}
