import type { CheckedCommit, Commit } from './commits.ts';

/** Which revision may be applied, and what stands in the way of the head. */
export interface Choice {
  /** Undefined where there is none. */
  readonly commit: string | undefined;
  /** Oldest first; none where the head may be applied. */
  readonly refused: readonly CheckedCommit[];
}

/**
 * The newest commit on the head's own line (first parents) that is good, and so is all that it brings with it; else
 * the one that was applied last. What that one has is not asked about again.
 *
 * @param commits those that the head has and the one that was applied last does not, and the head; parents before children
 * @param stay the one that was applied last
 * @param from the commit that the revision has to descend from; a line that was merged with it may not have it
 */
export function chooseRevision(
  commits: readonly CheckedCommit[],
  head: string,
  stay: string | undefined,
  from?: string,
): Choice {
  const known = new Map(commits.map((one) => [one.commit, one]));
  const descendants = from === undefined ? undefined : descendantsOf(from, commits);
  const good = new Set<string>();
  for (const { commit, parents, fault } of commits) {
    if (fault === undefined && parents.every((parent) => !known.has(parent) || good.has(parent))) {
      good.add(commit);
    }
  }
  const refused = commits.filter(({ fault }) => fault !== undefined);
  const isFit = ({ commit }: CheckedCommit) => good.has(commit) && (descendants?.has(commit) ?? true);
  let candidate = known.get(head);
  while (candidate !== undefined && !isFit(candidate)) {
    candidate = known.get(candidate.parents[0] ?? '');
  }
  return { commit: candidate?.commit ?? stay, refused };
}

/**
 * A commit and those that descend from it.
 *
 * @param commits all that some head has and the commit does not; parents before children. Where history was cut off,
 *   nothing descends
 */
export function descendantsOf(from: string, commits: readonly Commit[]): ReadonlySet<string> {
  const found = new Set([from]);
  for (const { commit, parents } of commits) {
    if (parents.some((parent) => found.has(parent))) {
      found.add(commit);
    }
  }
  return found;
}
