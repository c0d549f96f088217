import { isScalar, type Node } from 'yaml';
import { isText } from '../object-nodes.ts';
import type { MarkedImage } from '../site.ts';
import type { Tree } from '../tree.ts';
import { type HeldPart, isFilled, type PlacesOf, placeOf } from './place.ts';

/** https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/ */
const FILE = /(?:^|\/)(?:kustomization\.ya?ml|Kustomization)$/;
const KINDS = new Set(['Kustomization', 'Component']);
const GROUP = 'kustomize.config.k8s.io/';

/** Is this what kustomize reads, by its name or by what it says of itself? Flux has objects of that kind too. */
export function isKustomization(root: Node | undefined, tree: Tree, file: string): boolean {
  const [kind, version] = ['kind', 'apiVersion'].map((field) => tree.at(root, [field]));
  const isOfGroup = version === undefined || (isText(version) && version.value.startsWith(GROUP));
  return kind === undefined ? FILE.test(file) : isText(kind) && KINDS.has(kind.value) && isOfGroup;
}

/**
 * The images that a kustomization gives a tag or a digest. An entry is told by the name that manifests have the image by.
 *
 * @see https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/
 */
export function kustomizationPlaces(root: Node | undefined, tree: Tree, of: PlacesOf): readonly MarkedImage[] {
  return tree.items(tree.at(root, ['images'])).flatMap((item, index) => {
    const fields = tree.fields(item);
    const [name, newName] = [fields.get('name'), fields.get('newName')];
    const image = isText(newName) ? newName : name;
    if (!isText(name) || !isText(image)) {
      return [];
    }
    const tag = heldIn(fields.get('newTag'), 'tag');
    const digest = heldIn(fields.get('digest'), 'digest');
    const [first, ...others] = [...tag, ...digest];
    const isEmpty = [...tag, ...digest].every(({ node }) => !isFilled(node));
    return first === undefined || isEmpty
      ? []
      : [
          placeOf(
            { role: 'kustomization', key: name.value.trim() },
            `images[${index}].${tag.length > 0 ? 'newTag' : 'digest'}`,
            [first, ...others, { holds: 'name', node: image }],
            of,
          ),
        ];
  });
}

/** Also of an empty text: a digest is written in its place. */
function heldIn(node: Node | undefined, holds: 'tag' | 'digest'): readonly HeldPart[] {
  return isScalar(node) && node.value !== null ? [{ holds, node }] : [];
}
