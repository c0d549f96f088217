import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandResult, commandShell } from '../command-shell.ts';
import { ObjectReader } from './git-objects.ts';
import { answerWithoutGit } from './object-commands.ts';

/** Runs a command and gives how it ended, well or not. */
export type GitAttempt = (
  command: readonly string[],
  input?: string | Buffer,
  env?: Readonly<Record<string, string>>,
) => Promise<CommandResult>;

/** No settings of this machine, and paths mean what they say. */
export const GIT_ENVIRONMENT = {
  PATH: process.env['PATH'] ?? '',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_LITERAL_PATHSPECS: '1',
  LC_ALL: 'C',
};

const READERS: ReadonlySet<string> = new Set([
  'cat-file',
  'diff-tree',
  'log',
  'ls-tree',
  'merge-base',
  'rev-list',
  'rev-parse',
  'show',
]);
const ID = /^[0-9a-f]{40}(?:\^\{\w+\}|\.{2,3}[0-9a-f]{40})?$/;

/** Whether objects are asked for by their ids alone: once they are there, the answer is the same for ever. */
function isPermanent([name = '', ...words]: readonly string[]): boolean {
  const paths = words.indexOf('--');
  const asked = paths < 0 ? words : words.slice(0, paths);
  return (
    READERS.has(name) &&
    asked.some((word) => ID.test(word)) &&
    asked.every((word) => word === 'blob' || word.startsWith('-') || ID.test(word))
  );
}

/** The plumbing of git, bound to a bare repository; what never changes is asked of git once. */
export function gitAttempts(directory: string): GitAttempt {
  const known = new Map<string, CommandResult>();
  const objects = new ObjectReader(directory, GIT_ENVIRONMENT);
  return async (command, input, env) => {
    const key = isPermanent(command) && input === undefined ? command.join('\0') : undefined;
    const before = key === undefined ? undefined : known.get(key);
    if (before !== undefined) {
      return before;
    }
    const output = await answerWithoutGit(objects, command, input);
    const words = ['git', '-C', directory, ...command];
    const result =
      output === undefined
        ? commandShell().run(words, { input, env: { ...GIT_ENVIRONMENT, ...env } })
        : { exit: 0, output, errors: '' };
    // 1 is a no, and what is not there yet may come.
    if (key !== undefined && (result.exit === 0 || (result.exit === 1 && command[0] === 'merge-base'))) {
      known.set(key, result);
    }
    return result;
  };
}

/** What the file of a ref holds; undefined where git has to be asked: it is packed, another name for one, or none. */
export async function looseRef(directory: string, ref: string): Promise<string | undefined> {
  if (!/^refs(?:\/\w[\w-]*)+$/.test(ref)) {
    return undefined;
  }
  const text = await readFile(join(directory, ref), 'utf8').catch(() => '');
  return /^[0-9a-f]{40}\n$/.test(text) ? text.trimEnd() : undefined;
}
