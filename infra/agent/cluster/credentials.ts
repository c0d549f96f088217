import type { SecureContextOptions } from 'node:tls';
import { SluiceError } from '../../../shared/errors.ts';

/** Where a cluster is, and who we are to it. */
export interface ClusterCredentials {
  readonly server: string;
  /** Where objects go that do not say. */
  readonly namespace: string | undefined;
  readonly tls: Pick<SecureContextOptions, 'ca' | 'cert' | 'key'> & {
    readonly rejectUnauthorized?: boolean;
    readonly servername?: string;
  };
  /** For one request; a token that expires is renewed here. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  /** Forgets what headers were made from, as the server did not take them; undefined where there are no others. */
  readonly refused?: (() => void) | undefined;
}

/** Says what a kubeconfig or an account lacks. */
export function unusable(subject: string, found: string, next: string): SluiceError {
  return new SluiceError({ code: 'cluster-unreachable', subject, expected: 'a cluster to talk to', found, next });
}

/** A context that is not there, beside those that are. */
function noContext(context: string, names: readonly string[]): SluiceError {
  return unusable(`context ${context}`, `only ${names.join(', ') || 'none'}`, 'Choose one of these with --context.');
}

/** A context of a kubeconfig. */
export interface Context {
  readonly name: string;
  readonly cluster: string;
  readonly user?: string | undefined;
  readonly namespace?: string | undefined;
}

/** What a kubeconfig names. */
export interface KubeconfigNames {
  readonly current: string | undefined;
  readonly contexts: readonly Context[];
  readonly clusters: readonly { readonly name: string }[];
  readonly users: readonly { readonly name: string }[];
}

/**
 * The context that is asked for, or else the current one, with its cluster and its user there.
 *
 * @param subject the kubeconfig, as a person would name it
 * @throws SluiceError `cluster-unreachable` with what is missing
 */
export function chooseContext(
  subject: string,
  asked: string | undefined,
  { current = '', contexts, clusters, users }: KubeconfigNames,
): Context {
  const names = contexts.map(({ name }) => name);
  const context = contexts.find(({ name }) => name === (asked ?? current));
  if (context === undefined) {
    throw asked === undefined ? noCurrent(subject, current, names) : noContext(asked, names);
  }
  const { name, cluster, user = '' } = context;
  const lacks = (what: string, which: string) =>
    unusable(
      subject,
      `no ${what} in it by the name ${JSON.stringify(which)}, which context ${name} asks for`,
      'Choose another context with --context, or mend this one with `kubectl config set-context`.',
    );
  if (!clusters.some((one) => one.name === cluster)) {
    throw lacks('cluster', cluster);
  }
  if (user !== '' && !users.some((one) => one.name === user)) {
    throw lacks('user', user);
  }
  return context;
}

function noCurrent(subject: string, current: string, names: readonly string[]): SluiceError {
  if (names.length === 0) {
    return unusable(subject, 'no context in it', 'Name another kubeconfig with --kubeconfig.');
  }
  const found = current === '' ? 'no current context' : `a current context, ${current}, that is not there`;
  return unusable(subject, `${found}; it has ${names.join(', ')}`, 'Choose one of these with --context.');
}
