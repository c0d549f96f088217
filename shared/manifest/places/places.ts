import type { ManifestObject } from '../declarations/dialect.ts';
import { ManifestLimitError } from '../limits.ts';
import { objectName } from '../objects.ts';
import type { Part } from '../part.ts';
import type { MarkedImage } from '../site.ts';
import type { Tree } from '../tree.ts';
import { applicationOfFile, applicationPlaces, sourcePlaces } from './application-source.ts';
import { isKustomization, kustomizationPlaces } from './kustomization.ts';
import type { PlacesOf } from './place.ts';
import { valuePlaces } from './values.ts';

/**
 * Where a document may hold images that only objects elsewhere say anything of: a kustomization, values of a chart, an
 * Application of Argo CD or the file of its parameters. Other objects of Kubernetes have none.
 *
 * @param objects of the document, where any of a dialect stand in it
 */
export function placesIn(
  tree: Tree,
  objects: readonly ManifestObject[],
  source: { readonly file: string; readonly part: Part },
): readonly MarkedImage[] {
  // Places are named in trailers, with spaces between what names them.
  return allPlacesIn(tree, objects, source).filter(({ container }) => container !== '' && !/\s/.test(container));
}

function allPlacesIn(
  tree: Tree,
  objects: readonly ManifestObject[],
  source: { readonly file: string; readonly part: Part },
): readonly MarkedImage[] {
  const { root } = tree;
  if (isKustomization(root, tree, source.file)) {
    return kustomizationPlaces(root, tree, { ...source, object: 'kustomization' });
  }
  if (tree.at(root, ['kind']) !== undefined || tree.at(root, ['apiVersion']) !== undefined) {
    return objects
      .filter(({ kind, apiVersion }) => kind === 'Application' && apiVersion.startsWith('argoproj.io/'))
      .flatMap((object) => applicationPlaces(object.node, tree, { ...source, object: objectName(object) }));
  }
  return placesOfText(tree, source);
}

/** Of a text of any kind, which may hold more than a manifest does: then it is no file of values. */
function placesOfText(tree: Tree, source: Omit<PlacesOf, 'object'>): readonly MarkedImage[] {
  try {
    return applicationOfFile(source.file) === undefined
      ? valuePlaces(tree.root, tree, { ...source, object: 'values' })
      : sourcePlaces(tree.root, tree, { ...source, object: 'parameters' }, '');
  } catch (error) {
    if (error instanceof ManifestLimitError) {
      return [];
    }
    throw error;
  }
}
