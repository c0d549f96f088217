import { createHash } from 'node:crypto';
import { type ManifestText, type ReadManifests, type ReadOptions, readManifests } from './manifests.ts';

/** Reads a text as `readManifests` does. */
export type ReadText = (text: ManifestText, options: ReadOptions) => Promise<ReadManifests>;

/** What the texts of a rendering held: of the next revision most are the same, and are not read again. */
export interface RenderMemory {
  /** For one rendering; what it does not ask for is forgotten with the next. */
  readonly next: () => ReadText;
}

/** Nothing is remembered yet. */
export function openMemory(): RenderMemory {
  let known: ReadonlyMap<string, ReadManifests> = new Map();
  return {
    next() {
      const [before, now] = [known, new Map<string, ReadManifests>()];
      known = now;
      return async (text, options) => {
        const key = digestOf(text, options);
        const read = before.get(key) ?? (await readManifests(text, options));
        // What failed may succeed the next time: a key came late.
        if (read.failures.length === 0 && read.isPassedOver !== true) {
          now.set(key, read);
        }
        return read;
      };
    },
  };
}

/** All that a text's objects and their places depend on. */
function digestOf(
  { subject, text, format, isRendered }: ManifestText,
  { variables, secretVariables }: ReadOptions,
): string {
  const ofVariables = [variables && [...variables], secretVariables && [...secretVariables]];
  return createHash('sha256')
    .update(JSON.stringify([subject, format, isRendered, ofVariables]))
    .update(text)
    .digest('base64');
}
