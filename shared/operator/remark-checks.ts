import type { RepositorySites } from '../decision/site-reader.ts';
import type { Finding } from './finding.ts';
import { named } from './words.ts';

/** Of one kind so many are told one by one. */
const MOST_TOLD = 3;

const MEND_MARKER = 'mend the marker, or declare its policy below the paths in sluice.yml';

/** Markers that lead to no policy, and what does not count of the objects that govern images from elsewhere. */
export function remarkFindings({ remarks }: Pick<RepositorySites, 'remarks'>): readonly Finding[] {
  const faults = remarks.filter(({ isNote }) => isNote !== true).map(({ reason }) => reason);
  const notes = remarks.filter(({ isNote }) => isNote === true).map(({ reason }) => reason);
  const next = `These images are not updated: ${faults.some(isOfMarker) ? MEND_MARKER : 'mend what is named'}.`;
  return [
    ...(faults.length === 0
      ? []
      : [{ status: 'warning', subject: 'policies elsewhere', found: named(faults, MOST_TOLD), next } as const]),
    ...(notes.length === 0
      ? []
      : [{ status: 'ok', subject: 'policies elsewhere', found: named(notes, MOST_TOLD) } as const]),
  ];
}

function isOfMarker(reason: string): boolean {
  return reason.includes('marker');
}
