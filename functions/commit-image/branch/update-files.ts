import type { WatchedRepository } from '../../../shared/decision/site-reader.ts';
import { filesWithSluiceFiles } from '../../../shared/decision/sluice-files.ts';
import { isWatched } from '../../../shared/decision/watched-paths.ts';
import type { RepositoryFile } from '../../../shared/git-host/port.ts';
import { findSite, scanInSteps } from '../../../shared/manifest/scan.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import { inTurns } from '../../../shared/turns.ts';

type FilesRead = Awaited<ReturnType<typeof filesWithSluiceFiles>>;

/**
 * The files of updates at a head, with those that declare their policies, and the block list. Where an update does not
 * say which these are (an earlier release sent it, or it is known by its trailers only) and no policy stands beside its
 * site, all that is watched is read.
 */
export async function filesOfUpdates(
  updates: readonly ImageUpdate[],
  head: string,
  { config, host }: WatchedRepository,
): Promise<FilesRead> {
  const named = updates.flatMap(({ site, declaredIn = [] }) => [site.file, ...declaredIn]);
  const read = await filesWithSluiceFiles(
    head,
    [...new Set(named)].filter((file) => isWatched(file, config)),
    host,
  );
  const untold = Map.groupBy(
    updates.filter(({ declaredIn }) => declaredIn === undefined),
    ({ site }) => site.file,
  );
  for (const file of read.others) {
    if (await haveNoPolicyBeside(untold.get(file.path) ?? [], file)) {
      return filesWithSluiceFiles(head, config.paths, host);
    }
  }
  return read;
}

/** Is one of these updates of a site that is there, and beside which no policy stands? */
async function haveNoPolicyBeside(updates: readonly ImageUpdate[], { path, text }: RepositoryFile): Promise<boolean> {
  if (updates.length === 0) {
    return false;
  }
  const scanned = await inTurns(scanInSteps(path, text));
  return updates.some(({ site, from }) => {
    const found = findSite(scanned, { ...site, image: from });
    return found !== undefined && found.policy === undefined;
  });
}
