import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { readBody } from '../../local/gateway.ts';
import { listenOnLoopback } from '../../local/loopback.ts';
import { ApiObjects, namespaceTarget } from './api-objects.ts';
import { DeploymentController } from './deployment-controller.ts';
import { groupList, resourceList, targetOf } from './resources.ts';
import { type Answer, failure, ok } from './status.ts';
import { type ObjectEvent, Store } from './store.ts';

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
  const store = new Store();
  const controller = new DeploymentController(store, podMillis, canPull);
  store.subscribe((event) => controller.observe(event));
  store.subscribe((event) => onEvent?.(event));
  store.put(namespaceTarget('default'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  const token = randomBytes(16).toString('hex');
  const objects = new ApiObjects(store);
  const server = createServer((request, response) => {
    answer(request, token, objects)
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

async function answer(request: IncomingMessage, token: string, objects: ApiObjects): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://kubernetes');
  if (request.headers.authorization !== `Bearer ${token}`) {
    return failure.unauthorized();
  }
  const told = aboutServer(pathname);
  if (told !== undefined) {
    return ok(told);
  }
  const target = targetOf(pathname);
  if (target === undefined) {
    return failure.noResource();
  }
  return objects.answer({
    method: request.method ?? '',
    target,
    query: searchParams,
    accept: request.headers.accept,
    contentType: request.headers['content-type'],
    body: async () => bodyOf(request),
  });
}

/** What the API tells of itself; undefined where a path is of objects. */
function aboutServer(path: string): object | undefined {
  switch (path) {
    case '/version':
      return { major: '1', minor: '35', gitVersion: 'v1.35.0-sluice' };
    case '/readyz':
      return {};
    case '/apis':
      return groupList();
    default: {
      const group = /^\/apis?\/(.+)$/.exec(path)?.[1];
      return group === undefined ? undefined : resourceList(group);
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  return parse((await readBody(request))?.toString('utf8') ?? '');
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
