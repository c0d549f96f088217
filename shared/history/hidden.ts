import { imageName, parseReference } from '../image/reference.ts';
import { isSame, saidIn, setIn, versionsBy } from './claim.ts';
import { type LastSet, MAX_CHECKED, type SiteHistory, type StandingSite } from './place.ts';

/**
 * The version that a commit set of which the file's history does not tell: where a merge took the file as another line
 * had it, that tells of that line alone.
 *
 * @param told the newest commits of the file's history
 * @param since when that says that Sluice set the place last, in milliseconds since the epoch
 * @see https://git-scm.com/docs/git-log#_history_simplification
 */
export async function lastHidden(
  site: StandingSite,
  { ofBranch, imageAt }: SiteHistory,
  told: ReadonlySet<string | undefined>,
  since = 0,
): Promise<LastSet | undefined> {
  const standing = parseReference(site.image);
  const image = imageName(standing);
  const versionAt = versionsBy(image, imageAt);
  const commits = (await ofBranch?.()) ?? [];
  let checked = 0;
  for (const [at, commit] of commits.entries()) {
    if (commit.committedAt <= since || checked === MAX_CHECKED) {
      return undefined;
    }
    const said = told.has(commit.revision) ? undefined : saidIn(commit.message, site, image);
    if (said !== undefined && said !== 'squashed') {
      checked += 1;
      const set = await setIn(commit, said, versionAt);
      if (set !== undefined) {
        const { revision, committedAt: setAt } = commit;
        const stands = isSame(standing, set);
        return { ...set, revision, setAt, stands, newer: stands ? [] : commits.slice(0, at), isFar: false };
      }
    }
  }
  return undefined;
}
