import { readFile } from 'node:fs/promises';
import { awsAccount } from '../aws/account.ts';
import { messageOf } from '../errors.ts';
import { parameterStore } from './parameter-store.ts';
import { parseSecretReference, type SecretReference, type SecretStoreName } from './secret-reference.ts';
import { secretUnavailable } from './secret-unavailable.ts';
import { secretsManager } from './secrets-manager.ts';

/** Reads the text behind a secret reference. Its errors name the reference and never hold the text. */
export type SecretReader = (reference: string) => Promise<string>;

/** Reads from one store; an empty text is as good as none. */
type Store = (secret: SecretReference, reference: string) => Promise<string>;

/**
 * A reader of every kind of reference; it remembers nothing. One final line break is not part of a secret, except in the environment.
 *
 * @param environment the process's variables
 * @returns a reader that throws SluiceError `secret-unavailable`, retryable where a store is away
 */
export function secretReader(environment: Readonly<Record<string, string | undefined>>): SecretReader {
  const aws = awsAccount(environment);
  const ssm = parameterStore(aws.service('ssm'));
  const manager = secretsManager((region) => aws.service('secretsmanager', { region }));
  const stores: Readonly<Record<SecretStoreName, Store>> = {
    env: async ({ name }) => environment[name] ?? '',
    file: async ({ name }, reference) => withoutLineBreak(await readText(name, reference)),
    ssm: async (secret, reference) => withoutLineBreak(await ssm(secret, reference)),
    secretsmanager: async (secret, reference) => withoutLineBreak(await manager(secret, reference)),
  };
  return async (reference) => {
    const secret = parseSecretReference(reference);
    if (secret === undefined) {
      throw secretUnavailable(reference, {
        found: 'the name of no store',
        next: 'Use env:, file:, ssm: or secretsmanager:.',
      });
    }
    const text = await stores[secret.store](secret, reference);
    if (text === '') {
      throw secretUnavailable(reference, { found: 'nothing' });
    }
    return text;
  };
}

async function readText(file: string, reference: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw secretUnavailable(reference, { found: `no readable file (${messageOf(cause)})`, cause });
  }
}

function withoutLineBreak(text: string): string {
  return text.replace(/\r?\n$/, '');
}
