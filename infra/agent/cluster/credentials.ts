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
}

/** Says what a kubeconfig or an account lacks. */
export function unusable(subject: string, found: string, next: string): SluiceError {
  return new SluiceError({ code: 'cluster-unreachable', subject, expected: 'a cluster to talk to', found, next });
}

/** A context that is not there, beside those that are. */
export function noContext(context: string, names: readonly string[]): SluiceError {
  return unusable(`context ${context}`, `only ${names.join(', ') || 'none'}`, 'Choose one of these with --context.');
}
