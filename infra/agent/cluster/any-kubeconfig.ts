import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { messageOf } from '../../../shared/errors.ts';
import { type ClusterCredentials, noContext, unusable } from './credentials.ts';

/** What the client calls the context that it makes of a pod's account. */
const IN_CLUSTER = 'inClusterContext';

/**
 * Reads a kubeconfig of any kind by Kubernetes' own client: with commands that give tokens, say, or several that are
 * merged. Without a file it is in the usual places.
 *
 * @throws SluiceError `cluster-unreachable` for one that cannot be read, or lacks the context
 */
export async function anyKubeconfig(
  file: string | undefined,
  context: string | undefined,
): Promise<ClusterCredentials> {
  const config = load(file, context);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) {
    throw unusable(file ?? 'kubeconfig', 'no cluster in it', 'Check --kubeconfig and --context.');
  }
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key, rejectUnauthorized, servername } = options;
  return {
    server,
    namespace: namespaceOf(config),
    tls: {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
      ...(servername !== undefined && { servername }),
    },
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
function namespaceOf(config: KubeConfig): string | undefined {
  const context = config.getCurrentContext();
  return context === IN_CLUSTER ? undefined : config.getContextObject(context)?.namespace;
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
      throw noContext(context, names);
    }
    config.setCurrentContext(context);
  }
  return config;
}
