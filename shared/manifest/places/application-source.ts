import type { Node } from 'yaml';
import { isText } from '../object-nodes.ts';
import type { MarkedImage } from '../site.ts';
import type { Tree } from '../tree.ts';
import { isFilled, type PlacesOf, partIn, placeOf, textOf } from './place.ts';
import { valuePlaces } from './values.ts';

/** What the file of parameters of an Application is called; with its namespace where that is another than Argo CD's. */
const SOURCE_FILE = /(?:^|\/)\.argocd-source-(?:(?<namespace>[^/_]+)_)?(?<name>[^/_]+)\.yaml$/;

/** The Application whose parameters a file holds: https://argo-cd.readthedocs.io/en/stable/user-guide/parameters/ */
export function applicationOfFile(
  file: string,
): { readonly namespace: string | undefined; readonly name: string } | undefined {
  const { namespace, name } = SOURCE_FILE.exec(file)?.groups ?? {};
  return name === undefined ? undefined : { namespace, name };
}

/** The images of an Application's own sources: parameters, values and kustomize's images. */
export function applicationPlaces(object: Node | undefined, tree: Tree, of: PlacesOf): readonly MarkedImage[] {
  const sources = tree.items(tree.at(object, ['spec', 'sources']));
  return [
    ...sourcePlaces(tree.at(object, ['spec', 'source']), tree, of, 'spec.source.'),
    ...sources.flatMap((source, index) => sourcePlaces(source, tree, of, `spec.sources[${index}].`)),
  ];
}

/** @param source with `helm:` and `kustomize:`, as it stands in an Application and in a file of parameters */
export function sourcePlaces(
  source: Node | undefined,
  tree: Tree,
  of: PlacesOf,
  prefix: string,
): readonly MarkedImage[] {
  return [
    ...parameterPlaces(source, tree, of, prefix),
    ...valuePlaces(tree.at(source, ['helm', 'valuesObject']), tree, of, `${prefix}helm.valuesObject.`),
    ...imagePlaces(source, tree, of, prefix),
  ];
}

function parameterPlaces(source: Node | undefined, tree: Tree, of: PlacesOf, prefix: string): readonly MarkedImage[] {
  return tree.items(tree.at(source, ['helm', 'parameters'])).flatMap((item, index) => {
    const [name, value] = ['name', 'value'].map((field) => tree.at(item, [field]));
    const holds = isFilled(value) ? partIn(textOf(value)) : undefined;
    const path = `${prefix}helm.parameters[${index}].value`;
    return isText(name) && isFilled(value) && holds !== undefined
      ? [placeOf({ role: 'parameter', key: name.value }, path, [{ holds, node: value }], of)]
      : [];
  });
}

/** `[name=]image:tag`, as `kustomize edit set image` takes it. */
function imagePlaces(source: Node | undefined, tree: Tree, of: PlacesOf, prefix: string): readonly MarkedImage[] {
  return tree.items(tree.at(source, ['kustomize', 'images'])).flatMap((item, index) => {
    const [, name, image = ''] = isText(item) ? (/^(?:([^=]*)=)?(.*)$/s.exec(item.value.trim()) ?? []) : [];
    const [bare = ''] = image.split(/:(?!.*\/)|@/);
    return isText(item) && partIn(image) === 'whole'
      ? [
          placeOf(
            { role: 'kustomize-image', key: name ?? bare },
            `${prefix}kustomize.images[${index}]`,
            [{ holds: 'whole', node: item, text: image }],
            of,
          ),
        ]
      : [];
  });
}
