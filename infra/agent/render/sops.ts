import { isMap, type Node } from 'yaml';
import { SluiceError } from '../../../shared/errors.ts';
import { withAgeKeysAlone } from './sops-metadata.ts';
import type { Tools } from './tools.ts';

/** Gives a text that SOPS encrypted in clear. @throws SluiceError `render-failed` */
export type Decrypt = (text: string, format: 'yaml' | 'json', how: { readonly isSigned: boolean }) => Promise<string>;

/** What each encrypted value begins with: https://getsops.io/docs/#encryption-protocol */
const ENCRYPTED_VALUE = 'ENC[AES256_GCM,';

/**
 * Decrypts by the `sops` command and the age keys of a file. The text goes through pipes, and never to a disk; keys of
 * other services are taken out of it before.
 */
export function sopsDecrypt(tools: Tools, ageKeyFile: string | undefined): Decrypt {
  return async (text, format, { isSigned }) => {
    if (ageKeyFile === undefined) {
      throw new SluiceError({
        code: 'render-failed',
        subject: 'SOPS',
        expected: 'age keys to decrypt it with',
        found: 'none',
        next: 'Give a file of them with --sops-age-key-file.',
      });
    }
    const types = ['--input-type', format, '--output-type', format];
    return tools.run('sops', {
      arguments: [
        'decrypt',
        ...types,
        '--filename-override',
        `manifest.${format}`,
        ...(isSigned ? [] : ['--ignore-mac']),
      ],
      input: withAgeKeysAlone(text),
      environment: { SOPS_AGE_KEY_FILE: ageKeyFile },
    });
  };
}

/** Has SOPS encrypted this document? Its own fields tell. */
export function isEncrypted(root: Node): boolean {
  const sops: unknown = isMap(root) ? root.get('sops') : undefined;
  return isMap(sops) && sops.has('mac');
}

/** Is there a value in it that SOPS encrypted? Of a Secret, what its data holds counts too. */
export function isStillEncrypted(value: unknown, isSecret = isOfKind(value, 'Secret')): boolean {
  if (typeof value === 'string') {
    return (
      value.startsWith(ENCRYPTED_VALUE) ||
      (isSecret && Buffer.from(value, 'base64').toString('latin1').includes(ENCRYPTED_VALUE))
    );
  }
  return (
    typeof value === 'object' && value !== null && Object.values(value).some((one) => isStillEncrypted(one, isSecret))
  );
}

function isOfKind(value: unknown, kind: string): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
}
