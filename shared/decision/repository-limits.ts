import { SluiceError } from '../errors.ts';

/** How much of a repository is looked at, below the paths that sluice.yml names. */
export interface RepositoryLimits {
  /** Files of YAML and JSON. */
  readonly files: number;
  /** Characters of all of them. */
  readonly characters: number;
  /** YAML documents. */
  readonly documents: number;
  /** Places that name an image. */
  readonly sites: number;
}

/** A function of 512 MB holds as much beside what it was read from; 20,000 manifests want all of it. */
export const REPOSITORY_LIMITS: RepositoryLimits = {
  files: 40_000,
  characters: 64 * 1024 * 1024,
  documents: 100_000,
  sites: 20_000,
};

const WORDS: Readonly<Record<keyof RepositoryLimits, string>> = {
  files: 'files of YAML and JSON',
  characters: 'characters of YAML and JSON',
  documents: 'YAML documents',
  sites: 'places that name an image',
};

/** Counts what a repository holds. */
export class RepositoryTotals {
  readonly #subject: string;
  readonly #limits: RepositoryLimits;
  readonly #totals: Record<keyof RepositoryLimits, number> = { files: 0, characters: 0, documents: 0, sites: 0 };

  /** @param subject how messages name the repository */
  constructor(subject: string, limits: RepositoryLimits = REPOSITORY_LIMITS) {
    this.#subject = subject;
    this.#limits = limits;
  }

  /** @throws SluiceError `git-too-large` where it is more than that in all */
  add(what: keyof RepositoryLimits, count: number): void {
    this.#totals[what] += count;
    const most = this.#limits[what];
    if (this.#totals[what] > most) {
      throw new SluiceError({
        code: 'git-too-large',
        subject: this.#subject,
        expected: `at most ${most} ${WORDS[what]} below its paths`,
        found: what === 'documents' ? 'more' : String(this.#totals[what]),
        next: 'The limit is fixed: name fewer paths of it in sluice.yml, or list it several times, each with some of them.',
      });
    }
  }
}
