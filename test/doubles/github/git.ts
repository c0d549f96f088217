import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { GIT_ENVIRONMENT, type GitAttempt, gitAttempts } from '../../fakes/bare-git.ts';

/** A bare repository on disk, by the plumbing of git. */
export interface Git {
  readonly path: string;
  /** Runs a command and gives how it ended, well or not. */
  readonly attempt: GitAttempt;
  /** Runs a command that has to end well, and gives its output. */
  run(command: readonly string[], input?: string | Buffer, env?: Readonly<Record<string, string>>): Promise<Buffer>;
  /** The output without the last line break; undefined where it did not end well. */
  line(command: readonly string[], input?: string | Buffer): Promise<string | undefined>;
}

/** Undefined where there is no repository at that path. */
export function gitAt(path: string): Git | undefined {
  if (!existsSync(join(path, 'HEAD'))) {
    return undefined;
  }
  const attempt = gitAttempts(path);
  const run: Git['run'] = async (command, input, env) => {
    const { exit, output, errors } = await attempt(command, input, env);
    if (exit !== 0) {
      throw new Error(`git ${command.join(' ')}: ${errors}`);
    }
    return output;
  };
  return {
    path,
    attempt,
    run,
    async line(command, input) {
      const { exit, output } = await attempt(command, input);
      return exit === 0 ? output.toString('utf8').trimEnd() : undefined;
    },
  };
}

/** What the repository's `hooks/pre-receive` says to an update of a ref; undefined where it lets it pass, or is none. */
export async function preReceive({ path }: Git, from: string, to: string, ref: string): Promise<string | undefined> {
  const hook = join(path, 'hooks', 'pre-receive');
  if (!existsSync(hook)) {
    return undefined;
  }
  // A hook may take its time, in which others are answered.
  const child = spawn(hook, {
    env: { ...GIT_ENVIRONMENT, GIT_DIR: path },
    cwd: path,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  // It need not read what it is told.
  child.stdin.on('error', () => {}).end(`${from} ${to} ${ref}\n`);
  const [errors, [exit]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  return exit === 0 ? undefined : errors.trim();
}
