import { isUtf8 } from 'node:buffer';
import { SluiceError } from '../../../shared/errors.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';

/** An object of the cluster that holds variables. */
export interface VariablesRef {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
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
): Promise<ReadonlyMap<string, string>> {
  const variables = new Map<string, string>();
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
    for (const [variable, value] of entriesOf(live)) {
      const bytes = Buffer.from(value, kind === 'Secret' ? 'base64' : 'utf8');
      if (isUtf8(bytes)) {
        variables.set(variable, bytes.toString('utf8').replace(/[\r\n]+$/, ''));
      }
    }
  }
  return variables;
}

function entriesOf({ data }: LiveObject): readonly (readonly [string, string])[] {
  return Object.entries(typeof data === 'object' ? { ...data } : {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
}
