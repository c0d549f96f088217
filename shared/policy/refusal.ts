import type { Refusal } from './policy.ts';

/**
 * A tag that the policy itself refuses.
 *
 * @param note what is told beside it, for whoever expected it to pass
 */
export function doesNotPass(tag: string, policy: string, note?: string): Refusal {
  return { by: 'filter', reason: `tag ${tag} does not pass ${policy}${note === undefined ? '' : ` (${note})`}` };
}

/** A tag that a filter beside the policy leaves out. @param how `does not pass filter ^v` */
export function filteredOut(tag: string, how: string): Refusal {
  return { by: 'filter', reason: `tag ${tag} ${how}` };
}

/** A tag `latest` that the filter itself would take. */
export function latestLeftOut(tag: string, filter: string): Refusal {
  const rule = 'a tag of the name latest, in any case, is left out unless the filter is exactly latest';
  return { by: 'latest', reason: `tag ${tag} matches ${filter}, but ${rule}` };
}

/** A tag of what belongs to an image. */
export function artifactLeftOut(tag: string): Refusal {
  const reason = `tag ${tag} names what belongs to an image (a signature, an attestation, an SBOM), and no image`;
  return { by: 'artifact', reason };
}
