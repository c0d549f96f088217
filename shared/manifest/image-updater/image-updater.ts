import type { DeclaringDialect, ManifestObject } from '../declarations/dialect.ts';
import type { UpdaterFacts } from './facts.ts';
import { ImageUpdaterGovernor } from './governor.ts';
import { ObjectFields } from './object-fields.ts';
import { readApplication } from './read-application.ts';
import { readUpdaterObject } from './read-updater-object.ts';

const ARGO = 'argoproj.io/';
const UPDATER = `argocd-image-updater.${ARGO}`;

/**
 * Argo CD Image Updater: annotations on an `Application` of Argo CD, or an `ImageUpdater` that selects Applications, say
 * which images are updated, by which tags, and in which files of the Application's repository.
 *
 * @see https://argocd-image-updater.readthedocs.io/en/stable/configuration/applications/
 * @see https://argocd-image-updater.readthedocs.io/en/release-0.16/configuration/applications/
 */
export const imageUpdater: DeclaringDialect = {
  name: 'image-updater',
  mark: UPDATER,
  reads: [ARGO, 'Application'],
  read,
  open: (declarations, origin) => new ImageUpdaterGovernor(declarations, origin),
};

function read({ apiVersion, kind, name, namespace, node, tree }: ManifestObject): UpdaterFacts | undefined {
  if (name === undefined) {
    return undefined;
  }
  if (apiVersion.startsWith(UPDATER)) {
    return kind === 'ImageUpdater' ? readUpdaterObject(new ObjectFields(node, tree), name, namespace) : undefined;
  }
  if (!apiVersion.startsWith(ARGO)) {
    return undefined;
  }
  if (kind === 'Application') {
    return readApplication(new ObjectFields(node, tree), name, namespace);
  }
  const template = ['spec', 'template', 'metadata', 'annotations'];
  const isTemplate = [...tree.fields(tree.at(node, template)).keys()].some((key) => key.startsWith(UPDATER));
  return kind === 'ApplicationSet' && isTemplate ? { kind: 'argo-application-set' } : undefined;
}
