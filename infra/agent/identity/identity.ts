import { readFile } from 'node:fs/promises';
import { isSluiceError } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { ApiClient } from '../cluster/client.ts';
import { deployKey } from './deploy-key.ts';
import { createIdentity, type Identity, type IdentitySecret, readIdentity, subjectOf } from './identity-secret.ts';

export interface IdentityOptions {
  readonly request: ApiClient;
  readonly secret: IdentitySecret;
  /** Where a key is made, and where it stays for an agent that may not keep Secrets. */
  readonly stateDir: string;
  readonly log: Log;
}

/** The agent's own key: that of its Secret, made and put there at the first start. @throws SluiceError `cluster-…`, `secret-unavailable` */
export async function openIdentity({ request, secret, stateDir, log }: IdentityOptions): Promise<Identity> {
  try {
    const identity = (await readIdentity(request, secret)) ?? (await keep(request, secret, stateDir));
    log.info('deploy key', { secret: subjectOf(secret), publicKey: identity.publicKey });
    return identity;
  } catch (error) {
    if (!isSluiceError(error, 'cluster-refused') || error.retryable) {
      throw error;
    }
    const identity = await make(stateDir);
    log.warn('deploy key not kept in the cluster', { directory: stateDir, publicKey: identity.publicKey, error });
    return identity;
  }
}

async function keep(request: ApiClient, secret: IdentitySecret, stateDir: string): Promise<Identity> {
  const made = await make(stateDir);
  const isKept = await createIdentity(request, secret, made);
  return isKept ? made : ((await readIdentity(request, secret)) ?? made);
}

async function make(stateDir: string): Promise<Identity> {
  const { privateKeyFile, publicKey } = await deployKey(stateDir, 'sluice-agent');
  return { privateKey: await readFile(privateKeyFile, 'utf8'), publicKey };
}
