import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSluiceError } from '../../../shared/errors.ts';
import { branchRef } from '../../../shared/git/address.ts';
import type { Clone } from './clone.ts';
import { watchFetch } from './fetch-limit.ts';

export interface FetcherOptions {
  readonly clone: Clone;
  /** The directory of the clone. */
  readonly home: string;
  readonly address: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly subject: string;
  /** What one fetch may bring. */
  readonly maxBytes: number;
}

/** As git means "all": https://git-scm.com/docs/shallow */
const WHOLE_HISTORY = '--depth=2147483647';

/** Brings commits of the repository at `address` into a clone. Every method throws SluiceError `git-…`. */
export class Fetcher {
  readonly #options: FetcherOptions;

  constructor(options: FetcherOptions) {
    this.#options = options;
  }

  /** Fetches the head of a branch, with no history. */
  async head(branch: string): Promise<void> {
    await this.#fetch(['--depth=1'], refspecOf(branch));
  }

  /** Fetches the head of a branch, and the commits that `since` does not have, with all their parents. */
  async history(branch: string, since: string): Promise<void> {
    await this.revision(since);
    // The host learns what is here, and sends what comes after it.
    await this.#fetch([], refspecOf(branch));
    const [head = ''] = await this.#lines(['rev-parse', '--verify', keptRef(branch)]);
    if (!(await this.hasHistory(head, since))) {
      // The branch was rewritten, or its head was here before without a history.
      await this.#fetch([WHOLE_HISTORY], `+${since}:refs/sluice-revisions/${since}`);
      await this.#fetch([WHOLE_HISTORY], refspecOf(branch));
    }
  }

  /** Fetches one revision, with no history. */
  async revision(wanted: string): Promise<void> {
    if (!(await this.#has(wanted))) {
      await this.#fetch(['--depth=1'], `+${wanted}:refs/sluice-revisions/${wanted}`);
    }
  }

  /** Are the commits of `head` that `since` does not have all here, and known from those that it has? */
  async hasHistory(head: string, since: string): Promise<boolean> {
    if (head === since) {
      return true;
    }
    // Where history was cut off, git says nothing of what is behind.
    if (!(await this.#has(since)) || !(await this.#succeeds(['merge-base', '--is-ancestor', since, head]))) {
      return false;
    }
    const shallow = await readFile(join(this.#options.home, 'shallow'), 'utf8').catch(() => '');
    const ends = new Set(shallow.split('\n'));
    const between = await this.#lines(['rev-list', '--parents', head, `^${since}`]);
    const roots = between.filter((line) => !line.includes(' '));
    if (roots.length === 0) {
      return true;
    }
    if (roots.some((root) => ends.has(root))) {
      return false;
    }
    // A line that was merged in goes past `since`: unless all is here that it has, that line seems to be new.
    return !(await this.#lines(['rev-list', since])).some((one) => ends.has(one));
  }

  async #fetch(depth: readonly string[], refspec: string): Promise<void> {
    const { clone, home, address, environment, subject, maxBytes } = this.#options;
    const limit = watchFetch(home, subject, maxBytes);
    const command = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', ...depth, '--', address, refspec];
    try {
      await clone.run(command, { environment, fault: limit.fault });
    } catch (error) {
      await limit.clear();
      throw error;
    }
  }

  async #has(revision: string): Promise<boolean> {
    return this.#succeeds(['cat-file', '-e', `${revision}^{tree}`]);
  }

  async #succeeds(command: readonly string[]): Promise<boolean> {
    const { clone } = this.#options;
    const { generation } = clone;
    try {
      await clone.run(command);
      return true;
    } catch (error) {
      if (clone.generation !== generation || !isSluiceError(error)) {
        throw error;
      }
      return false;
    }
  }

  async #lines(command: readonly string[]): Promise<readonly string[]> {
    return (await this.#options.clone.run(command)).toString('utf8').split('\n').filter(Boolean);
  }
}

/** Where the head of a branch is kept. A name without slashes: `a` may be deleted, and `a/b` made, between two looks. */
export function keptRef(branch: string): string {
  return `refs/sluice/${encodeURIComponent(branch)}`;
}

function refspecOf(branch: string): string {
  return `+${branchRef(branch)}:${keptRef(branch)}`;
}
