import { createHash } from 'node:crypto';
import type { ManifestText, ReadManifests, ReadOptions } from './manifests.ts';

/** Reads a text as `readManifests` does. */
export type ReadText = (text: ManifestText, options: ReadOptions) => Promise<ReadManifests>;

/** What a text holds that was read without a failure. */
export type CachedText = Omit<ReadManifests, 'failures'>;

/** What texts hold by all that they depend on. Of the next revision most are the same, and are not read again. */
export class RenderCache {
  /** Of the last rendering that came to its end. */
  #ended: ReadonlyMap<string, CachedText> = new Map();
  #before: ReadonlyMap<string, CachedText> = new Map();
  #now = new Map<string, CachedText>();

  /** Begins a rendering. Where the one before it was broken off, what it read is known besides. */
  begin(): void {
    this.#before = new Map([...this.#ended, ...this.#now]);
    this.#now = new Map();
  }

  /** Notes that a rendering came to its end: what it did not ask for is forgotten. */
  end(): void {
    this.#ended = this.#now;
    this.#before = this.#now;
  }

  /** What renderings before had, by key. */
  remembered(): Iterable<readonly [string, CachedText]> {
    return this.#before;
  }

  /** A text of a rendering before, which is one of this too. */
  recall(key: string): CachedText {
    const known = this.#before.get(key) ?? { objects: [], secrets: [] };
    this.#now.set(key, known);
    return known;
  }

  /** Only what was read without a failure: it may succeed the next time, when a key has come. */
  keep(key: string, text: CachedText): void {
    this.#now.set(key, text);
  }
}

/** All that a text's objects and their places depend on. */
export function textDigest(
  { subject, text, format, isRendered, namespace }: ManifestText,
  { variables, secretVariables }: ReadOptions,
): string {
  const ofVariables = [variables && [...variables], secretVariables && [...secretVariables]];
  return createHash('sha256')
    .update(JSON.stringify([subject, format, isRendered, namespace ?? null, ofVariables]))
    .update(text)
    .digest('base64');
}
