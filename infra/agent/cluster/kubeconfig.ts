import { existsSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { delimiter, join } from 'node:path';
import type { ClusterCredentials } from './credentials.ts';
import { plainKubeconfig } from './plain-kubeconfig.ts';
import { podAccount } from './pod-account.ts';

/** A cluster's address and what opens it. */
export interface ClusterAccess {
  /** `https://127.0.0.1:6443` */
  readonly server: string;
  readonly defaultNamespace: string;
  /** Keeps connections. */
  readonly agent: HttpAgent;
  /** Headers for one request; a token that expires is renewed here. */
  headers(): Promise<Readonly<Record<string, string>>>;
}

/** Before the API server ends an idle connection itself, which it does after 90 s. */
const IDLE_MILLIS = 30_000;

/**
 * Reads a kubeconfig; without a file the usual places, or the pod's own account.
 *
 * @param variables those of the environment that say where the usual places are
 * @throws SluiceError `cluster-unreachable` for one that cannot be read, or lacks the context
 */
export async function clusterAccess(
  file: string | undefined,
  context: string | undefined,
  variables: Readonly<Record<string, string | undefined>> = {},
): Promise<ClusterAccess> {
  const { server, namespace, tls, headers } = await credentialsOf(file ?? usualFile(variables), context, variables);
  const options = { keepAlive: true, timeout: IDLE_MILLIS };
  return {
    server: server.replace(/\/$/, ''),
    defaultNamespace: namespace ?? 'default',
    agent: server.startsWith('http:') ? new HttpAgent(options) : new HttpsAgent({ ...options, ...tls }),
    headers,
  };
}

/** What needs a library for it loads that then: a pod does not pay for what it never uses. */
async function credentialsOf(
  file: string | undefined,
  context: string | undefined,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<ClusterCredentials> {
  const plain = file === undefined ? podAccount(context, variables) : plainKubeconfig(file, context);
  if (plain !== undefined) {
    return plain;
  }
  const { anyKubeconfig } = await import('./any-kubeconfig.ts');
  return anyKubeconfig(file, context);
}

/** Undefined where there is none, or where several are to be merged. */
function usualFile({ KUBECONFIG = '', HOME }: Readonly<Record<string, string | undefined>>): string | undefined {
  if (KUBECONFIG !== '') {
    return KUBECONFIG.includes(delimiter) ? undefined : KUBECONFIG;
  }
  const file = HOME === undefined ? undefined : join(HOME, '.kube', 'config');
  return file !== undefined && existsSync(file) ? file : undefined;
}
