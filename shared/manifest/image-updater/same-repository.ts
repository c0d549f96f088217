import type { Origin } from '../declarations/dialect.ts';

/** What is between the host and the repository's path: `https://host/`, `ssh://git@host:22/`, `git@host:`. */
const BEFORE_PATH = /^(?:[a-z+]+:\/\/[^/]*\/|[^/:@]+@[^/:]+:\/?)/i;

/**
 * Is what an Application names the repository that it stands in? Hosts have several names (of SSH, of a network behind a
 * proxy), and so the path decides: `git@github.com:o/deploy.git` is `https://github.com/o/deploy`. What is no address,
 * but text that a template fills in, cannot be told apart from it, and counts as the same.
 */
export function isSameRepository(named: string, { url }: Pick<Origin, 'url'>): boolean {
  return !BEFORE_PATH.test(named) || pathOf(named) === pathOf(url);
}

function pathOf(url: string): string {
  return url
    .replace(BEFORE_PATH, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/i, '')
    .toLowerCase();
}

/** What names whatever the branch of the repository is. */
const ANY = new Set(['', 'HEAD']);

/** Is this the branch that the files were read from, or none in particular? */
export function isSameBranch(revision: string, { branch }: Pick<Origin, 'branch'>): boolean {
  return ANY.has(revision) || revision.replace(/^refs\/heads\//, '') === branch;
}
