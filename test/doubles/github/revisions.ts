import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { looseRef } from '../../fakes/bare-git.ts';
import type { Git } from './git.ts';

/** The object that a fully named ref stands on; undefined where there is none of that very name. */
export async function refTarget(git: Git, ref: string): Promise<string | undefined> {
  return (await looseRef(git.path, ref)) ?? git.line(['show-ref', '--verify', '--hash', ref]);
}

/** The type of an object; undefined where there is none, or the name is not a whole hash. */
export async function objectType(git: Git, sha: string): Promise<string | undefined> {
  return /^[0-9a-f]{40}$/.test(sha) ? git.line(['cat-file', '-t', sha]) : undefined;
}

/**
 * The commit that a caller names: by a hash, or by the name of a branch or tag, with or without `heads/` and
 * `tags/`. Undefined for anything else, so also for `HEAD^`.
 */
export async function commitOf(git: Git, name: string): Promise<string | undefined> {
  if (/^[0-9a-f]{7,40}$/.test(name)) {
    const commit = await git.line(['rev-parse', '--verify', '--quiet', `${name}^{commit}`]);
    if (commit !== undefined) {
      return commit;
    }
  }
  for (const ref of [`refs/heads/${name}`, `refs/tags/${name}`, `refs/${name}`, name]) {
    if (ref.startsWith('refs/') && (await refTarget(git, ref)) !== undefined) {
      return git.line(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]);
    }
  }
  return name === 'HEAD' ? git.line(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']) : undefined;
}

/** Whether no branch has a commit yet. */
export async function isEmpty(git: Git): Promise<boolean> {
  if ((await looseRef(git.path, `refs/heads/${await defaultBranch(git)}`)) !== undefined) {
    return false;
  }
  return (await git.line(['for-each-ref', '--count=1', '--format=%(objectname)'])) === '';
}

/** The branch that `HEAD` names. */
export async function defaultBranch({ path }: Git): Promise<string> {
  const head = await readFile(join(path, 'HEAD'), 'utf8');
  return /^ref: refs\/heads\/(.+)$/m.exec(head)?.[1] ?? 'main';
}

/** Where every branch stands. */
export async function branchHeads(git: Git): Promise<ReadonlyMap<string, string>> {
  const output = await git.run(['for-each-ref', '--format=%(objectname) %(refname:lstrip=2)', 'refs/heads/']);
  const lines = output.toString('utf8').split('\n').filter(Boolean);
  return new Map(lines.map((line) => [line.slice(41), line.slice(0, 40)]));
}
