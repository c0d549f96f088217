import type { Fingerprint } from '../apply/fingerprint.ts';
import type { ObjectId } from '../manifest.ts';

/** An object that the agent answers for. */
export interface Entry {
  readonly id: ObjectId;
  /** Undefined until it was applied as it is to be: what a kill may have left behind is not taken for granted. */
  readonly applied?: Fingerprint | undefined;
}

/** A line an object, of names that hold no spaces: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
export function toLine({ id, applied }: Entry): string {
  const { apiVersion, kind, namespace, name } = id;
  const digests = applied === undefined ? [] : [applied.manifest, applied.fields];
  return [apiVersion, kind, namespace || '-', name, ...digests].join(' ');
}

/** The entry of such a line. */
export function fromLine(line: string): Entry {
  const [apiVersion = '', kind = '', namespace = '', name = '', manifest, fields] = line.split(' ');
  const id: ObjectId = { apiVersion, kind, namespace: namespace === '-' ? '' : namespace, name };
  return manifest === undefined || fields === undefined ? { id } : { id, applied: { manifest, fields } };
}
