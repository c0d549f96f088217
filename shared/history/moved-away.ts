import { isSame, versionsBy } from './claim.ts';
import { type CommitTime, MAX_CHECKED, type RolledBack, type SiteHistory } from './place.ts';

/**
 * The commit that moved a version away that had stood at a place, the last of several: that has it no more, while all
 * that it was made on have it. A merge of a line on which it stood still is none, nor is what was on a line that never
 * had it. Behind the newest commits it is found by halving: of several it may be any. Undefined where no commit tells.
 *
 * @param image normalised, without tag
 */
export async function movedAwayIn(
  image: string,
  version: RolledBack,
  imageAt: SiteHistory['imageAt'],
): Promise<CommitTime | undefined> {
  const versionAt = versionsBy(image, imageAt);
  const stoodAt = async (revision: string) => {
    const there = await versionAt(revision);
    return there !== undefined && isSame(there, version);
  };
  const isMove = async ({ parents }: CommitTime) =>
    parents.length > 0 && (await Promise.all(parents.map(stoodAt))).every(Boolean);
  const found = await lastWithout(version.newer, stoodAt);
  if (found === undefined || (await isMove(found))) {
    return found;
  }
  // Lines that were merged: by their times, commits of one stand between those of another.
  for (const commit of version.newer.slice(0, MAX_CHECKED)) {
    if (!(await stoodAt(commit.revision)) && (await isMove(commit))) {
      return commit;
    }
  }
  return found;
}

/** Of commits, the newest first, the last one before one in which a version stood. */
async function lastWithout(
  newer: readonly CommitTime[],
  stoodAt: (revision: string) => Promise<boolean>,
): Promise<CommitTime | undefined> {
  // What the newest commit says stands there now, and is another.
  let away = 0;
  let stood = newer.length;
  while (away + 1 < stood) {
    const next = away + 1 < MAX_CHECKED ? away + 1 : Math.floor((away + stood) / 2);
    if (await stoodAt(newer[next]?.revision ?? '')) {
      stood = next;
    } else {
      away = next;
    }
  }
  return newer[away];
}
