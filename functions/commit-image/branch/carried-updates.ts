import type { PastCommit } from '../../../shared/git-host/port.ts';
import { readSiteTrailers, type SiteUpdate, siteKey } from '../../../shared/history/trailers.ts';
import { parseReference } from '../../../shared/image/reference.ts';
import { findSite, scanInSteps } from '../../../shared/manifest/scan.ts';
import type { ScannedFile } from '../../../shared/manifest/site.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import { inTurns } from '../../../shared/turns.ts';
import type { BranchWriter } from './branch-writer.ts';

/**
 * The updates that stand on a push branch and wait for somebody to merge them, so that they can be decided again at the
 * base. What the messages say counts only where it stands in the tree as well, and is a claim even so: whoever may push
 * to the branch may write it.
 *
 * @param commits of the push branch that its base does not have, the newest first
 */
export async function carriedUpdates(
  commits: readonly PastCommit[],
  { name, head }: { readonly name: string; readonly head: string },
  { config, host, now }: Pick<BranchWriter, 'config' | 'host' | 'now'>,
): Promise<readonly ImageUpdate[]> {
  const latest = new Map<string, SiteUpdate & { readonly revision: string }>();
  for (const { revision, message } of commits.toReversed()) {
    for (const site of readSiteTrailers(message)) {
      latest.set(siteKey(site), { ...site, revision });
    }
  }
  const files = await host.files(head, [...new Set([...latest.values()].map(({ file }) => file))]);
  const scanned = new Map<string, ScannedFile>();
  for (const { path, text } of files) {
    scanned.set(path, await inTurns(scanInSteps(path, text)));
  }
  const receivedAt = new Date(now()).toISOString();
  const carried: ImageUpdate[] = [];
  for (const { file, object, container, image, tag, digest, revision } of latest.values()) {
    const scan = scanned.get(file);
    const site = scan && findSite(scan, { object, container, image });
    if (site !== undefined && parseReference(site.image).tag === tag) {
      carried.push({
        version: 1,
        repository: config.url,
        branch: config.branch,
        revision: head,
        site: { file, object, container },
        image,
        // Not what stands at the base: it is decided again there.
        from: site.image,
        to: { tag, digest },
        policy: site.policy?.text ?? '',
        push: { id: `${name}@${revision.slice(0, 12)}`, source: 'push-branch', receivedAt },
      });
    }
  }
  return carried;
}
