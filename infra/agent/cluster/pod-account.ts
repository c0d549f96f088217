import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { messageOf } from '../../../shared/errors.ts';
import { type ClusterCredentials, unusable } from './credentials.ts';

/** https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api */
const DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';
/** The kubelet writes a new token long before the old one ends; clients are to look once in a while. */
const TOKEN_MILLIS = 60_000;

/**
 * The account of the pod that this runs in; undefined where it runs in none, or where a context is asked for.
 *
 * @param directory what the kubelet puts into the pod
 * @throws SluiceError `cluster-unreachable` where the kubelet put only a part there
 */
export function podAccount(
  context: string | undefined,
  variables: Readonly<Record<string, string | undefined>>,
  directory = DIRECTORY,
): ClusterCredentials | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443', KUBECONFIG = '' } = variables;
  const tokenFile = join(directory, 'token');
  if (context !== undefined || host === undefined || KUBECONFIG !== '' || !existsSync(tokenFile)) {
    return undefined;
  }
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    // What a repository holds has nothing to do with the pod's own.
    namespace: undefined,
    tls: { ca: readCertificate(join(directory, 'ca.crt')) },
    ...bearerFrom(tokenFile),
  };
}

/** A header with the token that a file holds; another process may write a new one at any time. */
export function bearerFrom(file: string): Pick<ClusterCredentials, 'headers' | 'refused'> {
  let token: string | undefined;
  let readAt = 0;
  return {
    async headers() {
      if (token === undefined || performance.now() - readAt >= TOKEN_MILLIS) {
        readAt = performance.now();
        try {
          token = (await readFile(file, 'utf8')).trim();
        } catch (cause) {
          throw unusable(file, messageOf(cause), 'Check that it is there and can be read.');
        }
      }
      return { authorization: `Bearer ${token}` };
    },
    refused() {
      token = undefined;
    },
  };
}

function readCertificate(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw unusable(file, messageOf(cause), 'Check that the pod has the token of its account.');
  }
}
