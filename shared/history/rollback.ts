import type { PastCommit } from '../git-host/port.ts';
import { imageName, parseReference } from '../image/reference.ts';
import { readSiteTrailers, type SiteName, type SiteUpdate } from './trailers.ts';

/** A place as it stands now. */
export interface StandingSite extends SiteName {
  /** The reference as it is written, with its tag: `nginx:1.27`. */
  readonly image: string;
}

/** A version that a person moved a place away from. */
export interface RolledBack {
  readonly tag: string;
  readonly digest?: string;
  /** The commit in which Sluice had set it. */
  readonly revision: string;
}

/**
 * The version of its image that Sluice set last at a place, where the place stands on another one now: then a person
 * moved it. Undefined where history tells of none, where that version stands there still, or where another image does.
 * A file that was moved has no history: it is the place that a person said no to.
 *
 * @param history newest first
 */
export function rolledBack(site: StandingSite, history: readonly PastCommit[]): RolledBack | undefined {
  const standing = parseReference(site.image);
  const image = imageName(standing);
  for (const { revision, message } of history) {
    const last = readSiteTrailers(message).findLast((update) => isOf(update, site) && update.image === image);
    if (last !== undefined) {
      const { tag, digest } = last;
      return isSame(standing, last) ? undefined : { tag, ...(digest === undefined ? {} : { digest }), revision };
    }
  }
  return undefined;
}

function isOf(update: SiteUpdate, { file, object, container }: SiteName): boolean {
  return update.file === file && update.object === object && update.container === container;
}

/** The same content is the same version by any tag; where one side has no digest, the tag says it. */
function isSame(standing: { readonly tag?: string; readonly digest?: string }, last: SiteUpdate): boolean {
  return standing.digest === undefined || last.digest === undefined
    ? standing.tag === last.tag
    : standing.digest === last.digest;
}
