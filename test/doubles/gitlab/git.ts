import { gitAttempts, looseRef } from '../../fakes/bare-git.ts';

/** What a Git command needs besides its words. */
export interface GitInput {
  readonly input?: Buffer | string;
  /** `GIT_INDEX_FILE` */
  readonly index?: string;
}

/** Git's command line, bound to a bare repository. */
export interface Git {
  /** Runs a command; rejects with {@link GitFailure} where it does not end well. */
  (command: readonly string[], more?: GitInput): Promise<Buffer>;
  readonly directory: string;
}

/** What Git said on its way out. */
export class GitFailure extends Error {}

export function gitIn(directory: string): Git {
  const attempt = gitAttempts(directory);
  const run = async (command: readonly string[], { input, index }: GitInput = {}) => {
    const env = index === undefined ? {} : { GIT_INDEX_FILE: index };
    const { exit, output, errors } = await attempt(command, input, env);
    if (exit !== 0) {
      throw new GitFailure(errors);
    }
    return output;
  };
  return Object.assign(run, { directory });
}

/** The commit that a revision names, as Git reads it; undefined for none. */
export async function commitOf(git: Git, revision: string): Promise<string | undefined> {
  if (revision === '' || revision.startsWith('-')) {
    return undefined;
  }
  try {
    return (await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]))
      .toString('utf8')
      .trim();
  } catch {
    return undefined;
  }
}

/** The head of a branch; undefined where there is none of that name. */
export async function headOf(git: Git, branch: string): Promise<string | undefined> {
  const ref = `refs/heads/${branch}`;
  return (await looseRef(git.directory, ref)) ?? commitOf(git, ref);
}
