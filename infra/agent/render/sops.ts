import { isMap, isScalar, type Node } from 'yaml';
import { SluiceError } from '../../../shared/errors.ts';
import { is, isMarked, type Marks } from '../marks.ts';
import { isRecord } from './record.ts';
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

/** Is this a document that SOPS encrypted, and that is to be decrypted? Its own fields tell. */
export function isEncrypted(root: Node): boolean {
  const sops: unknown = isMap(root) ? root.get('sops') : undefined;
  return isMap(sops) && sops.has('mac') && !staysEncrypted(headOf(root));
}

/** Says "not to be decrypted": https://fluxcd.io/flux/components/kustomize/kustomizations/#decryption */
const NOT_DECRYPTED: Marks = {
  'sluice.dev/decrypt': is('disabled'),
  'kustomize.toolkit.fluxcd.io/decrypt': is('disabled'),
};
/** What its own operator decrypts in the cluster: https://github.com/isindir/sops-secrets-operator */
const OTHERS_KIND = 'SopsSecret';

/** Is an object that SOPS encrypted applied as it is? */
export function staysEncrypted(value: unknown): boolean {
  if (!isRecord(value)) {
    return false;
  }
  return value['kind'] === OTHERS_KIND || (isRecord(value['metadata']) && isMarked(value['metadata'], NOT_DECRYPTED));
}

/** What tells of a document whether it stays encrypted, before anything of it has a meaning. */
function headOf(root: Node): unknown {
  const textsIn = (node: unknown) =>
    Object.fromEntries((isMap(node) ? node.items : []).flatMap(({ key, value }) => textOf(key, value)));
  const metadata: unknown = isMap(root) ? root.get('metadata') : undefined;
  const marks = (name: string) => textsIn(isMap(metadata) ? metadata.get(name) : undefined);
  return { ...textsIn(root), metadata: { labels: marks('labels'), annotations: marks('annotations') } };
}

function textOf(key: unknown, value: unknown): readonly (readonly [string, unknown])[] {
  return isScalar(key) && isScalar(value) ? [[String(key.value), value.value]] : [];
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
