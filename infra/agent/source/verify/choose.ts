import type { CheckedCommit } from './commits.ts';

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
 * @param commits those that the head has and `since` does not, and the head; parents before children
 */
export function chooseRevision(commits: readonly CheckedCommit[], head: string, since: string | undefined): Choice {
  const known = new Map(commits.map((one) => [one.commit, one]));
  const good = new Set<string>();
  for (const { commit, parents, fault } of commits) {
    if (fault === undefined && parents.every((parent) => !known.has(parent) || good.has(parent))) {
      good.add(commit);
    }
  }
  const refused = commits.filter(({ fault }) => fault !== undefined);
  let candidate = known.get(head);
  while (candidate !== undefined && !good.has(candidate.commit)) {
    candidate = known.get(candidate.parents[0] ?? '');
  }
  return { commit: candidate?.commit ?? since, refused };
}
