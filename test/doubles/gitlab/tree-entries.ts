import type { Git } from './git.ts';

/** An entry of a tree. */
export interface Entry {
  readonly mode: string;
  readonly type: string;
  readonly id: string;
  readonly path: string;
}

/** The entries at or below a path of a revision; `recursive` also gives what is in folders. */
export async function entriesOf(git: Git, revision: string, path = '', recursive = false): Promise<readonly Entry[]> {
  const options = recursive ? ['-r', '-t'] : [];
  const folder = path === '' ? [] : ['--', path.endsWith('/') ? path : `${path}/`];
  return parse(await git(['ls-tree', '-z', ...options, revision, ...folder]));
}

/** The entry at a path, whatever it is; undefined for none. */
export async function entryAt(git: Git, revision: string, path: string): Promise<Entry | undefined> {
  return parse(await git(['ls-tree', '-z', revision, '--', path])).find((entry) => entry.path === path);
}

/** The last commit, seen from a revision, that changed a path. */
export async function lastCommitAt(git: Git, revision: string, path: string): Promise<string> {
  return (await git(['log', '-1', '--format=%H', revision, '--', path])).toString('utf8').trim();
}

function parse(output: Buffer): readonly Entry[] {
  return output
    .toString('utf8')
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const tab = line.indexOf('\t');
      const [mode = '', type = '', id = ''] = line.slice(0, tab).split(' ');
      return { mode, type, id, path: line.slice(tab + 1) };
    });
}
