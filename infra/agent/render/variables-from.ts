import { isUtf8 } from 'node:buffer';
import { SluiceError } from '../../../shared/errors.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';

/** An object of the cluster that holds variables. */
export interface VariablesRef {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
}

/** Variables, and which of them are secret. */
export interface Variables {
  readonly values: ReadonlyMap<string, string>;
  /** Names of those that a Secret holds. */
  readonly secretNames: ReadonlySet<string>;
  /** All that the Secrets hold. */
  readonly secrets: readonly string[];
}

/**
 * Reads variables: each entry of `data` that is text is one, without the line ends that files end with. Of two with the
 * same name the later object's counts.
 *
 * @throws SluiceError `cluster-refused` where an object is missing: half of the variables are as bad as none
 */
export async function readVariables(
  cluster: Pick<Cluster, 'read'>,
  namespace: string,
  refs: readonly VariablesRef[],
): Promise<Variables> {
  const values = new Map<string, string>();
  const secretNames = new Set<string>();
  const secrets: string[] = [];
  for (const { kind, name } of refs) {
    const live = await cluster.read({ apiVersion: 'v1', kind, namespace, name });
    if (live === undefined) {
      throw new SluiceError({
        code: 'cluster-refused',
        subject: `${kind.toLowerCase()}/${namespace}/${name}`,
        expected: 'variables',
        found: 'no such object',
        next: 'Create it, or leave it out of --variables-from.',
        retryable: true,
      });
    }
    for (const [variable, written] of entriesOf(live)) {
      const bytes = Buffer.from(written, kind === 'Secret' ? 'base64' : 'utf8');
      const value = bytes.toString('utf8').replace(/[\r\n]+$/, '');
      if (kind === 'Secret') {
        secrets.push(written, value);
      }
      if (isUtf8(bytes)) {
        values.set(variable, value);
        secretNames.delete(variable);
        if (kind === 'Secret') {
          secretNames.add(variable);
        }
      }
    }
  }
  return { values, secretNames, secrets };
}

function entriesOf({ data }: LiveObject): readonly (readonly [string, string])[] {
  return Object.entries(typeof data === 'object' ? { ...data } : {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
}
