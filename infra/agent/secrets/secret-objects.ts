import { groupOf, idOf, type ObjectId } from '../manifest.ts';
import type { Rendered } from '../render/rendered-object.ts';

/** Tells the objects of a revision that are secret, each Secret among them, in whatever namespace they end up. */
export function secretObjects({ objects, skipped }: Pick<Rendered, 'objects' | 'skipped'>): (id: ObjectId) => boolean {
  const secret = new Set(
    [...objects, ...skipped].flatMap(({ manifest, isSecret }) => (isSecret === true ? [keyOf(idOf(manifest))] : [])),
  );
  return (id) => id.kind === 'Secret' || secret.has(keyOf(id));
}

/** Without the namespace, which is filled in after rendering. */
function keyOf({ apiVersion, kind, name }: ObjectId): string {
  return [groupOf(apiVersion), kind, name].join('/');
}
