import type { WatchedRepository } from '../../shared/decision/site-reader.ts';
import { filesWithSluiceFiles } from '../../shared/decision/sluice-files.ts';
import { messageOf } from '../../shared/errors.ts';
import type { FreezeScope } from '../../shared/hold/edit-freeze-file.ts';
import { coverage } from '../../shared/hold/freeze.ts';
import { joinFiles } from '../../shared/manifest/join.ts';
import { scanFile } from '../../shared/manifest/scan.ts';

/**
 * Says that a freeze of some places holds none of those in the manifests, or that nobody knows; undefined where it holds
 * one, or is of all. Whoever presses the red button hears of a slip of the pen before the next push does.
 */
export async function noteOnEmptyScope(
  { config, host }: WatchedRepository,
  scope: FreezeScope,
): Promise<string | undefined> {
  if (scope.paths === undefined && scope.objects === undefined) {
    return undefined;
  }
  const where = `${config.url} (${config.branch})`;
  try {
    const { others } = await filesWithSluiceFiles(await host.head(config.branch), config.paths, host);
    const { sites } = joinFiles(
      others.map(({ path, text }) => scanFile(path, text)),
      config,
    );
    const [first] = sites;
    const example = first === undefined ? '' : `; one of them is ${first.object} in ${first.file}`;
    return sites.some(coverage(scope))
      ? undefined
      : `It holds none of the images in the manifests of ${where}${example}.`;
  } catch (error) {
    return `Whether it holds any image of ${where} is not known: ${messageOf(error)}`;
  }
}
