import { readFile } from 'node:fs/promises';
import { messageOf, SluiceError } from '../errors.ts';

/** Reads the text behind a secret reference. Its errors name the reference and never hold the text. */
export type SecretReader = (reference: string) => Promise<string>;

/**
 * A reader of `env:NAME` and `file:PATH` (one final line break is not part of the secret).
 *
 * @param environment the process's variables
 * @returns a reader that throws SluiceError `secret-unavailable`
 */
export function secretReader(environment: Readonly<Record<string, string | undefined>>): SecretReader {
  return async (reference) => {
    const [kind, name] = splitOnce(reference);
    const text = await readSecret(kind, name, environment, reference);
    if (text === '') {
      throw unavailable(reference, 'nothing');
    }
    return text;
  };
}

async function readSecret(
  kind: string,
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
  reference: string,
): Promise<string> {
  if (kind === 'env') {
    return environment[name] ?? '';
  }
  if (kind === 'file') {
    try {
      return (await readFile(name, 'utf8')).replace(/\r?\n$/, '');
    } catch (cause) {
      throw unavailable(reference, `no readable file (${messageOf(cause)})`, cause);
    }
  }
  throw unavailable(reference, `a store, ${kind}, that this version cannot read; use env: or file:`);
}

function splitOnce(reference: string): readonly [string, string] {
  const at = reference.indexOf(':');
  return [reference.slice(0, at), reference.slice(at + 1)];
}

function unavailable(reference: string, found: string, cause?: unknown): SluiceError {
  return new SluiceError({
    code: 'secret-unavailable',
    subject: `secret ${reference}`,
    expected: 'its text',
    found,
    next: 'Set it where the reference points, then start again.',
    cause,
  });
}
