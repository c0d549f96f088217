import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What Masterminds/semver 3.5.0 says, as `test/fixtures/semver/generate` prints it. */
export interface Corpus {
  /** Texts that are no versions. */
  readonly invalid: readonly string[];
  /** Versions in ascending order; those of one rank are equal. */
  readonly ranks: readonly (readonly string[])[];
  readonly constraints: readonly {
    readonly constraint: string;
    readonly valid: boolean;
    /** The versions of `ranks` that satisfy it. */
    readonly matches: readonly string[];
  }[];
}

export const CORPUS_FILE = fileURLToPath(new URL('../../fixtures/semver/corpus.json', import.meta.url));

export function readCorpus(): Corpus {
  return JSON.parse(readFileSync(CORPUS_FILE, 'utf8')) as Corpus;
}
