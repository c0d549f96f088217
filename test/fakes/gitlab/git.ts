import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';

/** What a Git command needs besides its words. */
export interface GitInput {
  readonly input?: Buffer | string;
  /** `GIT_INDEX_FILE` */
  readonly index?: string;
}

/** Runs Git in one bare repository; rejects with {@link GitFailure} where it does not end well. */
export type Git = (command: readonly string[], more?: GitInput) => Promise<Buffer>;

/** What Git said on its way out. */
export class GitFailure extends Error {}

/** Git's command line, bound to a bare repository; no settings of this machine, and paths mean what they say. */
export function gitIn(directory: string): Git {
  return async (command, { input = '', index } = {}) => {
    const child = spawn('git', ['-C', directory, ...command], {
      env: {
        PATH: process.env['PATH'],
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_LITERAL_PATHSPECS: '1',
        LC_ALL: 'C',
        ...(index === undefined ? {} : { GIT_INDEX_FILE: index }),
      },
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on('close', resolve).on('error', reject);
    });
    const [output, said, status] = await Promise.all([buffer(child.stdout), buffer(child.stderr), ended]);
    if (status !== 0) {
      throw new GitFailure(said.toString('utf8'));
    }
    return output;
  };
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
  return commitOf(git, `refs/heads/${branch}`);
}
