import type { WatchedRepository } from '../../../shared/decision/site-reader.ts';
import { filesWithSluiceFiles } from '../../../shared/decision/sluice-files.ts';
import { isWatched } from '../../../shared/decision/watched-paths.ts';
import { hasMarkers } from '../../../shared/manifest/marker.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';

type FilesRead = Awaited<ReturnType<typeof filesWithSluiceFiles>>;

/**
 * The files of updates at a head, with those that declare their policies, and the block list. Where an update does not
 * say which these are (an earlier release sent it, or it is known by its trailers only) and its file has markers, all
 * that is watched is read.
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
  const untold = new Set(updates.flatMap(({ site, declaredIn }) => (declaredIn === undefined ? [site.file] : [])));
  return read.others.some(({ path, text }) => untold.has(path) && hasMarkers(text))
    ? filesWithSluiceFiles(head, config.paths, host)
    : read;
}
