import * as z from '../schema.ts';

const EXPECTED = 'expected a reference to a secret: env:NAME, file:PATH, ssm:NAME or secretsmanager:NAME';

/**
 * The limits of names: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html and
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html. A secret of another account or
 * region is named by its ARN; `#key` is one field of a secret that is a JSON object.
 */
const PATTERN =
  /^(env:[A-Za-z_]\w*|file:.+|ssm:\/?[\w./-]+|secretsmanager:(arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:)?[\w/+=.@-]+(#[\w.-]+)?)$/;

/** Where a secret's text is kept; never the text itself. */
export const secretReferenceSchema = z.string(EXPECTED).check(z.regex(PATTERN, EXPECTED));

/** A store of secrets. */
export type SecretStoreName = 'env' | 'file' | 'ssm' | 'secretsmanager';

/** A reference in its parts. */
export interface SecretReference {
  readonly store: SecretStoreName;
  /** Of a variable, file or parameter; of a secret in Secrets Manager its name or ARN. */
  readonly name: string;
  /** The key of a JSON object in Secrets Manager; undefined for the whole text. */
  readonly field: string | undefined;
}

const STORES: readonly SecretStoreName[] = ['env', 'file', 'ssm', 'secretsmanager'];

/** Parts a reference; undefined for a text that names no store. */
export function parseSecretReference(reference: string): SecretReference | undefined {
  const [, kind = '', rest = ''] = /^([^:]*):(.*)$/s.exec(reference) ?? [];
  const store = STORES.find((known) => known === kind);
  if (store === undefined) {
    return undefined;
  }
  const [, name = rest, field] = (store === 'secretsmanager' && /^([^#]*)#(.*)$/.exec(rest)) || [];
  return { store, name, field };
}

/** The region of an ARN of Secrets Manager; undefined for a name, which is of the region that asks. */
export function secretRegion(name: string): string | undefined {
  return /^arn:[\w-]+:secretsmanager:([\w-]+):/.exec(name)?.[1];
}
