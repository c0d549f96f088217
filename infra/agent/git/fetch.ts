import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSluiceError } from '../../../shared/errors.ts';
import { branchRef } from '../../../shared/git/address.ts';
import type { Clone } from './clone.ts';
import { watchFetch } from './fetch-limit.ts';

/** What brings commits into a clone. Every method throws SluiceError `git-…`. */
export interface Fetcher {
  /** The head of a branch, with no history. */
  head(branch: string): Promise<void>;
  /** The head of a branch, and the commits that `since` does not have, with all their parents. */
  history(branch: string, since: string): Promise<void>;
  /** One revision, with no history. */
  revision(revision: string): Promise<void>;
  /** Are the commits of `head` that `since` does not have all here, and known from those that it has? */
  hasHistory(head: string, since: string): Promise<boolean>;
}

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

/** Fetches from the repository at `address`. */
export function openFetcher({ clone, home, address, environment, subject, maxBytes }: FetcherOptions): Fetcher {
  const fetch = async (depth: readonly string[], refspec: string) => {
    const limit = watchFetch(home, subject, maxBytes);
    const command = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', ...depth, '--', address, refspec];
    try {
      await clone.run(command, { environment, fault: limit.fault });
    } catch (error) {
      await limit.clear();
      throw error;
    }
  };
  const succeeds = async (command: readonly string[]) => {
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
  };
  const lines = async (command: readonly string[]) =>
    (await clone.run(command)).toString('utf8').split('\n').filter(Boolean);
  const has = async (revision: string) => succeeds(['cat-file', '-e', `${revision}^{tree}`]);
  const revision = async (wanted: string) => {
    if (!(await has(wanted))) {
      await fetch(['--depth=1'], `+${wanted}:refs/sluice-revisions/${wanted}`);
    }
  };
  const hasHistory = async (head: string, since: string) => {
    if (head === since) {
      return true;
    }
    // Where history was cut off, git says nothing of what is behind.
    if (!(await has(since)) || !(await succeeds(['merge-base', '--is-ancestor', since, head]))) {
      return false;
    }
    const ends = new Set((await readFile(join(home, 'shallow'), 'utf8').catch(() => '')).split('\n'));
    const between = await lines(['rev-list', '--parents', head, `^${since}`]);
    const roots = between.filter((line) => !line.includes(' '));
    if (roots.length === 0) {
      return true;
    }
    // A line that was merged in goes past `since`: unless all is here that it has, that line seems to be new.
    return !roots.some((root) => ends.has(root)) && !(await lines(['rev-list', since])).some((one) => ends.has(one));
  };

  return {
    head: async (branch) => fetch(['--depth=1'], refspecOf(branch)),
    async history(branch, since) {
      await revision(since);
      // The host learns what is here, and sends what comes after it.
      await fetch([], refspecOf(branch));
      const head = (await clone.run(['rev-parse', '--verify', keptRef(branch)])).toString('utf8').trim();
      if (!(await hasHistory(head, since))) {
        // The branch was rewritten, or its head was here before without a history.
        await fetch([WHOLE_HISTORY], `+${since}:refs/sluice-revisions/${since}`);
        await fetch([WHOLE_HISTORY], refspecOf(branch));
      }
    },
    revision,
    hasHistory,
  };
}

/** Where the head of a branch is kept. A name without slashes: `a` may be deleted, and `a/b` made, between two looks. */
export function keptRef(branch: string): string {
  return `refs/sluice/${encodeURIComponent(branch)}`;
}

function refspecOf(branch: string): string {
  return `+${branchRef(branch)}:${keptRef(branch)}`;
}
