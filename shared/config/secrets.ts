import { readFile } from 'node:fs/promises';
import { messageOf } from '../errors.ts';
import { parseSecretReference, type SecretReference, type SecretStoreName } from './secret-reference.ts';
import { secretUnavailable } from './secret-unavailable.ts';

/** Reads the text behind a secret reference. Its errors name the reference and never hold the text. */
export type SecretReader = (reference: string) => Promise<string>;

/** Reads from one store; an empty text is as good as none. */
type Store = (secret: SecretReference, reference: string) => Promise<string>;

/**
 * A reader of every kind of reference; it remembers nothing. The clients of AWS are loaded by the first secret that
 * needs them. One final line break is not part of a secret, except in the environment.
 *
 * @param environment the process's variables
 * @returns a reader that throws SluiceError `secret-unavailable`, retryable where a store is away
 */
export function secretReader(environment: Readonly<Record<string, string | undefined>>): SecretReader {
  const ssm = loadedOnce(async () => (await import('./parameter-store.ts')).parameterStore());
  const manager = loadedOnce(async () => (await import('./secrets-manager.ts')).secretsManager());
  const stores: Readonly<Record<SecretStoreName, Store>> = {
    env: async ({ name }) => environment[name] ?? '',
    file: async ({ name }, reference) => withoutLineBreak(await readText(name, reference)),
    ssm: async (secret, reference) => withoutLineBreak(await (await ssm())(secret, reference)),
    secretsmanager: async (secret, reference) => withoutLineBreak(await (await manager())(secret, reference)),
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

function loadedOnce(load: () => Promise<Store>): () => Promise<Store> {
  let loaded: Promise<Store> | undefined;
  return async () => {
    loaded ??= load();
    return loaded;
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
