import type { ObjectId } from '../manifest.ts';
import type { Fingerprint } from './fingerprint.ts';

/**
 * How an object stands to the last revision that was whole: `new` came after it; `leaving` left Git with it or before,
 * within the limit of pruning, and could not be deleted yet; any other stood when it was done.
 */
const STANDINGS = ['new', 'leaving'] as const;
export type Standing = (typeof STANDINGS)[number];

/** An object that the agent answers for. */
export interface InventoryEntry {
  readonly id: ObjectId;
  /** Undefined until it was applied as it is to be: what a kill may have left behind is not taken for granted. */
  readonly applied?: Fingerprint | undefined;
  readonly standing?: Standing | undefined;
}

/** A line an object, of names that hold no spaces: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
export function toLine({ id, applied, standing }: InventoryEntry): string {
  const { apiVersion, kind, namespace, name } = id;
  const digests = applied === undefined ? [] : [applied.manifest, applied.fields];
  return [apiVersion, kind, namespace || '-', name, ...digests, ...(standing === undefined ? [] : [standing])].join(
    ' ',
  );
}

/** The entry of such a line. */
export function fromLine(line: string): InventoryEntry {
  const [apiVersion = '', kind = '', namespace = '', name = '', ...rest] = line.split(' ');
  const id: ObjectId = { apiVersion, kind, namespace: namespace === '-' ? '' : namespace, name };
  const standing = STANDINGS.find((one) => one === rest.at(-1));
  const [manifest, fields] = standing === undefined ? rest : rest.slice(0, -1);
  return {
    id,
    ...(manifest !== undefined && fields !== undefined && { applied: { manifest, fields } }),
    ...(standing !== undefined && { standing }),
  };
}
