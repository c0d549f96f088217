import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { messageOf } from '../../../shared/errors.ts';
import { type ClusterCredentials, chooseContext, unusable } from './credentials.ts';

/**
 * Reads a kubeconfig of any kind by Kubernetes' own client: with commands that give tokens, say, or several that are
 * merged.
 *
 * @param subject what they are called together
 * @throws SluiceError `cluster-unreachable` for one that cannot be read, or lacks the context
 */
export async function anyKubeconfig(
  subject: string,
  files: readonly string[],
  asked: string | undefined,
): Promise<ClusterCredentials> {
  const config = merge(files.map(load));
  const { currentContext: current, contexts, clusters, users } = config;
  const { name: context, cluster, namespace } = chooseContext(subject, asked, { current, contexts, clusters, users });
  config.setCurrentContext(context);
  const authenticate = async () => {
    const options: RequestOptions = {};
    try {
      await config.applyToHTTPSOptions(options);
    } catch (cause) {
      throw unusable(subject, messageOf(cause), `Check the user and the cluster of context ${context}.`);
    }
    return options;
  };
  const { ca, cert, key, rejectUnauthorized, servername } = await authenticate();
  return {
    server: config.getCluster(cluster)?.server ?? '',
    namespace,
    tls: {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
      ...(servername !== undefined && { servername }),
    },
    async headers() {
      const fresh = await authenticate();
      const headers = Object.entries(fresh.headers ?? {}).map(([name, value]) => [name, String(value)] as const);
      const basic = typeof fresh.auth === 'string' ? Buffer.from(fresh.auth).toString('base64') : undefined;
      return { ...(basic === undefined ? {} : { authorization: `Basic ${basic}` }), ...Object.fromEntries(headers) };
    },
  };
}

function load(file: string): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromFile(file);
  } catch (cause) {
    throw unusable(file, messageOf(cause).split('\n', 1)[0] ?? '', 'Check that it is a kubeconfig.');
  }
  return config;
}

/**
 * As kubectl merges: whoever says something first is right, the current context among it.
 *
 * @see https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files
 */
function merge(configs: readonly KubeConfig[]): KubeConfig {
  const merged = new KubeConfig();
  merged.loadFromOptions({
    clusters: firstOfEach(configs.flatMap(({ clusters }) => clusters)),
    users: firstOfEach(configs.flatMap(({ users }) => users)),
    contexts: firstOfEach(configs.flatMap(({ contexts }) => contexts)),
    currentContext: configs.find(({ currentContext }) => currentContext)?.currentContext,
  });
  return merged;
}

function firstOfEach<T extends { readonly name: string }>(all: readonly T[]): readonly T[] {
  return all.filter(({ name }, index) => all.findIndex((one) => one.name === name) === index);
}
