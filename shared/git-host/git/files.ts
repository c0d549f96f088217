import { listFiles, type TreeFile } from '../../git/wire/files.ts';
import { TooMuchError, TREE_LIMITS, type TreeLimits } from '../../git/wire/limits.ts';
import type { RemoteRepository } from '../../git/wire/repository.ts';
import { tooLarge } from '../../git/wire/repository-failure.ts';
import { afterOthers } from '../../turns.ts';
import { isManifestPath } from '../manifest-file.ts';
import { NO_UTF8_NAME, type PassedOver, passedOverByMode } from '../passed-over.ts';
import type { RepositoryFile } from '../port.ts';
import { textFiles } from '../text-files.ts';
import { noRevision } from './errors.ts';

/** As much is looked at in a few milliseconds. */
const SMALL_TREE: TreeLimits = { ...TREE_LIMITS, maxLines: 4000, maxAgain: 1000 };

/**
 * The manifests at or below these paths, of a head that was fetched.
 *
 * @param subject how messages name the repository
 * @throws SluiceError `git-not-found` where there is no such revision
 */
export async function readFiles(
  { objects }: RemoteRepository,
  subject: string,
  revision: string,
  paths: readonly string[],
  passedOver: PassedOver = () => {},
): Promise<readonly RepositoryFile[]> {
  const tree = objects.commit(revision)?.tree;
  if (tree === undefined) {
    throw noRevision(revision);
  }
  const other = (path: string, mode: string | undefined) => {
    const reason = mode === undefined ? NO_UTF8_NAME : passedOverByMode(path, mode);
    if (reason !== undefined && (mode !== undefined || isManifestPath(path))) {
      passedOver(path, reason);
    }
  };
  try {
    await afterOthersIfLarge(objects, tree, paths);
    const files = listFiles(objects, tree, paths, { other }).filter(({ path }) => isManifestPath(path));
    return textFiles(subject, contentsOf(objects, files), passedOver);
  } catch (error) {
    throw tooLarge(subject, error) ?? error;
  }
}

/** A large tree is looked at after what is small in other repositories. */
async function afterOthersIfLarge(objects: RemoteRepository['objects'], tree: string, paths: readonly string[]) {
  try {
    listFiles(objects, tree, paths, { limits: SMALL_TREE });
  } catch (error) {
    if (!(error instanceof TooMuchError)) {
      throw error;
    }
    await afterOthers();
  }
}

/** What there is of them: one that is too large is not. */
function* contentsOf(objects: RemoteRepository['objects'], files: readonly TreeFile[]) {
  for (const file of files) {
    yield { ...file, content: objects.blob(file.blob) };
  }
}
