import { ObjectFields } from '../../../../shared/manifest/image-updater/object-fields.ts';
import { partsOf } from '../../../../shared/manifest/part.ts';
import { Tree } from '../../../../shared/manifest/tree.ts';

/** The fields of the object that these lines are. */
export function fieldsOf(lines: readonly string[]): ObjectFields {
  const [document] = partsOf(lines.join('\n')).flatMap((part) =>
    [...part.documents()].filter((one) => one !== undefined),
  );
  if (document === undefined) {
    throw new Error('expected a document');
  }
  const tree = new Tree(document);
  return new ObjectFields(tree.root, tree);
}
