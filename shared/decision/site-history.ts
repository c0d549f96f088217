import type { FileCommit, GitHost } from '../git-host/port.ts';
import type { SiteHistory } from '../history/place.ts';
import { lastSet } from '../history/rollback.ts';
import { findSite, scanInSteps } from '../manifest/scan.ts';
import type { Site } from '../manifest/site.ts';
import { inTurns } from '../turns.ts';

/** Where a place is looked for in the past. */
export interface SitePlace {
  readonly host: Pick<GitHost, 'fileHistory' | 'fileAt'>;
  readonly branch: string;
  readonly revision: string;
}

/** What was at a place before, as its Git host tells. */
export function siteHistory(site: Site, { host, branch, revision }: SitePlace): SiteHistory {
  return {
    commits: host.fileHistory(branch, revision, site.file),
    imageAt: async (commit) => {
      const text = await host.fileAt(commit, site.file);
      return text === undefined ? undefined : findSite(await inTurns(scanInSteps(site.file, text)), site)?.image;
    },
  };
}

/** An old image is looked for no further back than this, with each push anew. */
const MAX_COMMITS = 100;

/**
 * When Sluice set what stands at a place, in milliseconds since the epoch; undefined where the last commits of its file
 * do not say that it did. The image was built by then.
 */
export async function whenSet(site: Site, place: SitePlace): Promise<number | undefined> {
  const { commits, imageAt } = siteHistory(site, place);
  const last = await lastSet(site, { commits: first(commits, MAX_COMMITS), imageAt });
  return last?.stands === true ? last.setAt : undefined;
}

async function* first(commits: AsyncIterable<FileCommit>, count: number): AsyncGenerator<FileCommit> {
  let given = 0;
  for await (const commit of commits) {
    yield commit;
    given += 1;
    if (given === count) {
      return;
    }
  }
}
