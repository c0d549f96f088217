import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How a command of git ended. */
export interface GitResult {
  readonly exit: number;
  readonly output: Buffer;
  readonly errors: string;
}

/** Runs a command and gives how it ended, well or not. */
export type GitAttempt = (
  command: readonly string[],
  input?: string | Buffer,
  env?: Readonly<Record<string, string>>,
) => Promise<GitResult>;

/** No settings of this machine, and paths mean what they say. */
const ENVIRONMENT = {
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
  const known = new Map<string, GitResult>();
  return async (command, input, env) => {
    const key = isPermanent(command) && input === undefined ? command.join('\0') : undefined;
    const before = key === undefined ? undefined : known.get(key);
    if (before !== undefined) {
      return before;
    }
    const result = await execute('git', ['-C', directory, ...command], input, env);
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

/** Runs a program with no settings of this machine. */
export async function execute(
  program: string,
  words: readonly string[],
  input?: string | Buffer,
  env: Readonly<Record<string, string>> = {},
  cwd?: string,
): Promise<GitResult> {
  const child = spawn(program, words, { env: { ...ENVIRONMENT, ...env }, ...(cwd !== undefined && { cwd }) });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on('error', reject).on('close', (exit) => resolve(exit ?? -1));
  // A hook need not read what it is told.
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  const exit = await promise;
  return { exit, output: Buffer.concat(output), errors: Buffer.concat(errors).toString('utf8') };
}
