import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { Agent, type Dispatcher } from 'undici';
import { messageOf, SluiceError } from '../../../shared/errors.ts';

/** A cluster's address and what opens it. */
export interface ClusterAccess {
  /** `https://127.0.0.1:6443` */
  readonly server: string;
  readonly defaultNamespace: string;
  readonly dispatcher: Dispatcher;
  /** Headers for one request; a token that expires is renewed here. */
  headers(): Promise<Readonly<Record<string, string>>>;
}

/** What the client calls the context that it makes of a pod's account. */
const IN_CLUSTER = 'inClusterContext';

/**
 * Reads a kubeconfig; without a file the usual places, or the pod's own account.
 *
 * @param timeoutMillis for connecting
 * @throws SluiceError `cluster-unreachable` for one that cannot be read, or lacks the context
 */
export async function clusterAccess(
  file: string | undefined,
  context: string | undefined,
  timeoutMillis: number,
): Promise<ClusterAccess> {
  const config = load(file, context);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) {
    throw unusable(file ?? 'kubeconfig', 'no cluster in it', 'Check --kubeconfig and --context.');
  }
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key, rejectUnauthorized, servername } = options;
  const tls = Object.fromEntries(
    Object.entries({ ca, cert, key, rejectUnauthorized, servername }).filter(([, value]) => value !== undefined),
  );
  return {
    server: server.replace(/\/$/, ''),
    defaultNamespace: defaultNamespaceOf(config),
    // A few connections are a third faster than the streams of one, for many small writes.
    dispatcher: new Agent({ allowH2: false, connect: { ...tls, timeout: timeoutMillis } }),
    async headers() {
      const fresh: RequestOptions = {};
      await config.applyToHTTPSOptions(fresh);
      const headers = Object.entries(fresh.headers ?? {}).map(([name, value]) => [name, String(value)] as const);
      const basic = typeof fresh.auth === 'string' ? Buffer.from(fresh.auth).toString('base64') : undefined;
      return { ...(basic === undefined ? {} : { authorization: `Basic ${basic}` }), ...Object.fromEntries(headers) };
    },
  };
}

/** In a pod there is its own namespace, which what a repository holds has nothing to do with. */
function defaultNamespaceOf(config: KubeConfig): string {
  const context = config.getCurrentContext();
  const namespace = context === IN_CLUSTER ? undefined : config.getContextObject(context)?.namespace;
  return namespace ?? 'default';
}

function load(file: string | undefined, context: string | undefined): KubeConfig {
  const config = new KubeConfig();
  try {
    if (file === undefined) {
      config.loadFromDefault();
    } else {
      config.loadFromFile(file);
    }
  } catch (cause) {
    throw unusable(file ?? 'kubeconfig', messageOf(cause), 'Check --kubeconfig.');
  }
  if (context !== undefined) {
    const names = config.getContexts().map(({ name }) => name);
    if (!names.includes(context)) {
      throw unusable(`context ${context}`, `only ${names.join(', ') || 'none'}`, 'Choose one of these with --context.');
    }
    config.setCurrentContext(context);
  }
  return config;
}

function unusable(subject: string, found: string, next: string): SluiceError {
  return new SluiceError({ code: 'cluster-unreachable', subject, expected: 'a cluster to talk to', found, next });
}
