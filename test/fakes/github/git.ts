import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** How a command of git ended. */
export interface GitResult {
  readonly exit: number;
  readonly output: Buffer;
  readonly errors: string;
}

/** A bare repository on disk, by the plumbing of git. */
export interface Git {
  readonly path: string;
  /** Runs a command and gives how it ended, well or not. */
  attempt(
    command: readonly string[],
    input?: string | Buffer,
    env?: Readonly<Record<string, string>>,
  ): Promise<GitResult>;
  /** Runs a command that has to end well, and gives its output. */
  run(command: readonly string[], input?: string | Buffer, env?: Readonly<Record<string, string>>): Promise<Buffer>;
  /** The output without the last line break; undefined where it did not end well. */
  line(command: readonly string[], input?: string | Buffer): Promise<string | undefined>;
}

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
  'ls-tree',
  'merge-base',
  'rev-list',
  'rev-parse',
]);
const ID = /^[0-9a-f]{40}(?:\^\{\w+\}|\.{2,3}[0-9a-f]{40})?$/;

/** Whether objects are asked for by their ids alone: once they are there, the answer is the same for ever. */
function isPermanent([name = '', ...words]: readonly string[]): boolean {
  return READERS.has(name) && words.every((word) => word === 'blob' || word.startsWith('-') || ID.test(word));
}

/** Undefined where there is no repository at that path. */
export function gitAt(path: string): Git | undefined {
  if (!existsSync(join(path, 'HEAD'))) {
    return undefined;
  }
  const known = new Map<string, GitResult>();
  const attempt: Git['attempt'] = async (command, input, env) => {
    const key = isPermanent(command) && input === undefined ? command.join(' ') : undefined;
    const before = key === undefined ? undefined : known.get(key);
    if (before !== undefined) {
      return before;
    }
    const result = await execute('git', ['-C', path, ...command], input, env);
    // 1 is a no, and what is not there yet may come.
    if (key !== undefined && (result.exit === 0 || (result.exit === 1 && command[0] === 'merge-base'))) {
      known.set(key, result);
    }
    return result;
  };
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
  const { exit, errors } = await execute(hook, [], `${from} ${to} ${ref}\n`, { GIT_DIR: path }, path);
  return exit === 0 ? undefined : errors.trim();
}

async function execute(
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
