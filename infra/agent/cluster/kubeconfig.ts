import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { messageOf } from '../../../shared/errors.ts';
import { HttpClient } from '../../../shared/http/client.ts';
import { type ClusterCredentials, unusable } from './credentials.ts';
import { plainKubeconfig } from './plain-kubeconfig.ts';
import { podAccount } from './pod-account.ts';

/** A cluster's address and what opens it. */
export interface ClusterAccess {
  /** `https://127.0.0.1:6443` */
  readonly server: string;
  readonly defaultNamespace: string;
  /** Keeps connections, which are opened with the credentials. */
  readonly client: HttpClient;
  readonly tls: ClusterCredentials['tls'];
  /** Headers for one request; a token that expires is renewed here. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** Forgets what headers were made from, as the server did not take them; undefined where there are no others. */
  readonly refused?: (() => void) | undefined;
}

/** Before the API server ends an idle connection itself, which it does after 90 s. */
const IDLE_MILLIS = 30_000;

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads a kubeconfig; without a file the usual places, or the pod's own account.
 *
 * @param variables those of the environment that say where the usual places are
 * @throws SluiceError `cluster-unreachable` for one that cannot be read, lacks the context, or says nothing of use
 */
export async function clusterAccess(
  file: string | undefined,
  context: string | undefined,
  variables: Variables = {},
): Promise<ClusterAccess> {
  const { subject, read } = placeOf(file, context, variables);
  const { server, namespace, tls, headers, refused } = await read();
  if (schemeOf(server, subject) === 'https:') {
    checkCertificates(tls, subject);
  }
  return {
    server: server.replace(/\/$/, ''),
    defaultNamespace: namespace ?? 'default',
    // The API server would pack long answers for whoever takes them so, which costs it more than the way does.
    client: new HttpClient({ tls, headers: {}, keptMillis: IDLE_MILLIS }),
    tls,
    headers,
    refused,
  };
}

/** Where a cluster's address and credentials are. */
interface Place {
  /** What a person would call it. */
  readonly subject: string;
  readonly read: () => Promise<ClusterCredentials>;
}

function placeOf(file: string | undefined, context: string | undefined, variables: Variables): Place {
  if (file !== undefined) {
    return kubeconfig(file, [file], context);
  }
  const { KUBECONFIG = '', HOME } = variables;
  // kubectl passes over those that are not there, too.
  const listed = KUBECONFIG.split(delimiter).filter((one) => one !== '');
  const files = listed.length > 0 ? listed : [join(HOME ?? '/', '.kube', 'config')];
  const there = files.filter((one) => existsSync(one));
  if (there.length > 0) {
    return kubeconfig(there.join(delimiter), there, context);
  }
  const account = podAccount(context, variables);
  if (account !== undefined) {
    return { subject: "the pod's account", read: async () => account };
  }
  const found = listed.length > 0 ? `nothing at ${KUBECONFIG}` : `nothing at ${files.join()}, and no pod around it`;
  throw unusable(
    listed.length > 0 ? 'KUBECONFIG' : 'kubeconfig',
    found,
    'Name a kubeconfig with --kubeconfig, or by the variable KUBECONFIG.',
  );
}

/** What needs a library for it loads that then: a pod does not pay for what it never uses. */
function kubeconfig(subject: string, files: readonly string[], context: string | undefined): Place {
  const read = async () => {
    const [file = '', ...others] = files;
    const plain = others.length === 0 ? plainKubeconfig(file, context) : undefined;
    if (plain !== undefined) {
      return plain;
    }
    const { anyKubeconfig } = await import('./any-kubeconfig.ts');
    return anyKubeconfig(subject, files, context);
  };
  return { subject, read };
}

/** @throws SluiceError `cluster-unreachable` for what is no URL of a server */
function schemeOf(server: string, subject: string): string {
  const protocol = URL.parse(server)?.protocol ?? '';
  if (!['http:', 'https:'].includes(protocol)) {
    const found = `the server ${JSON.stringify(server)}`;
    throw unusable(subject, found, 'Give its server as a URL, https://HOST:PORT.');
  }
  return protocol;
}

/** Certificates and keys are looked at now: at the first request nobody would know whose they are. */
function checkCertificates(tls: ClusterCredentials['tls'], subject: string): void {
  try {
    createSecureContext(tls);
  } catch (cause) {
    throw unusable(subject, `certificates or a key of no use (${messageOf(cause)})`, 'Check those of the context.');
  }
}
