import type { SluiceError } from '../errors.ts';
import { dialectsIn } from './objects.ts';
import type { FileFacts } from './site.ts';

/** What was found in a stretch of a file. */
export interface FoundInPart extends Omit<FileFacts, 'file'> {
  readonly faults: readonly SluiceError[];
}

export const NOTHING: FoundInPart = { sites: [], marked: [], declarations: [], unread: [], faults: [] };

/** Where charts have what helm makes manifests of. https://helm.sh/docs/topics/charts/#the-chart-file-structure */
const CHART_TEMPLATES = /(?:^|\/)templates\//;

/**
 * A fault in the place of all that a text says; what it may declare is not gone. The template of a chart declares nothing
 * before it is rendered.
 */
export function refused(fault: SluiceError, text: string, file: string): FoundInPart {
  const isTemplate = CHART_TEMPLATES.test(file) && text.includes('{{');
  const dialects = isTemplate ? [] : dialectsIn(text);
  return {
    ...NOTHING,
    faults: [fault],
    unread: dialects.length === 0 ? [] : [{ dialects, reason: fault.message }],
  };
}

/** What stretches of a file say, one after another. */
export function together(found: readonly FoundInPart[]): FoundInPart {
  return {
    sites: found.flatMap(({ sites }) => sites),
    marked: found.flatMap(({ marked }) => marked),
    declarations: found.flatMap(({ declarations }) => declarations),
    unread: found.flatMap(({ unread }) => unread),
    faults: found.flatMap(({ faults }) => faults),
  };
}
