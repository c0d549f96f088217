import { randomUUID } from 'node:crypto';
import { exchange } from '../../infra/agent/cluster/exchange.ts';
import type { ClusterAccess } from '../../infra/agent/cluster/kubeconfig.ts';

/** As much of a reply as is looked into; which of it there is depends on what was asked. */
export interface Body {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation: number;
    readonly continue?: string;
    readonly managedFields: readonly { readonly manager: string }[];
  };
  readonly data: object;
  readonly resources: readonly object[];
  readonly groups: readonly object[];
  readonly items: readonly Body[];
  readonly spec: {
    readonly ports: readonly object[];
    readonly clusterIP: string;
    readonly template: { readonly spec: { readonly containers: readonly { readonly name: string }[] } };
  };
  readonly status: { readonly conditions: readonly object[] };
}

export interface Reply {
  readonly status: number;
  readonly body: Body;
}
/** Asks an API. */
export interface KubernetesClient {
  readonly ask: (
    method: string,
    path: string,
    body?: object | readonly object[],
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Reply>;
  /** Server-side apply below a collection's path. */
  readonly apply: (
    path: string,
    body: { readonly metadata: { readonly name: string }; readonly [field: string]: unknown },
    manager?: string,
    query?: string,
  ) => Promise<Reply>;
}

export const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
export const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

/** @param access of an API that is up once the first request is made */
export function kubernetesClient(access: () => ClusterAccess): KubernetesClient {
  const ask: KubernetesClient['ask'] = async (method, path, body, more = {}) => {
    const type = method === 'PATCH' ? 'application/apply-patch+yaml' : 'application/json';
    const { status, text } = await exchange(access(), {
      ...{ method, path, timeoutMillis: 10_000, signal: undefined, check: undefined },
      headers: { ...(await access().headers()), accept: 'application/json', 'content-type': type, ...more },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    // What no API group answers for is told in plain words.
    return { status, body: text.startsWith('{') ? JSON.parse(text) : text };
  };
  return {
    ask,
    apply: async (path, body, manager = 'one', query = '') =>
      ask('PATCH', `${path}/${body.metadata.name}?fieldManager=${manager}${query}`, body),
  };
}

export function unique(): string {
  return `t-${randomUUID().slice(0, 8)}`;
}

export function configMap(data: object, id = unique()) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: id }, data };
}

export function container(more: object = {}) {
  return { name: 'app', image: 'registry.example.com/app:1', ...more };
}

export function deployment(containers: readonly object[], id = unique(), labels: object = { app: 'a' }) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: id },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'a' } },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
}
