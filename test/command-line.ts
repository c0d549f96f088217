import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { runSluice } from '../infra/cli/program.ts';
import { CHILD_ENVIRONMENT } from './child-environment.ts';

/** How a command line ended, and what it said. */
export interface Ended {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

type Variables = Readonly<Record<string, string>>;

/**
 * Runs `sluice` in this process: a process of its own takes a second, nearly all of it to load what it imports.
 *
 * @param variables all that the command is given of an environment; libraries still see that of this process
 * @param input what stands on standard input
 */
export async function sluice(
  words: readonly string[],
  variables: Variables = {},
  input: string | Buffer = '',
): Promise<Ended> {
  const ended = { code: 0, stdout: '', stderr: '' };
  await runSluice(words, {
    variables: { PATH: CHILD_ENVIRONMENT.PATH, ...variables },
    read: async () => Buffer.from(input),
    print: (text) => {
      ended.stdout += text;
    },
    complain: (text) => {
      ended.stderr += text;
    },
    endWith: (exitCode) => {
      ended.code = exitCode;
    },
  });
  return ended;
}

const MAIN = resolve('infra/cli/main.ts');

/** Runs it as an operator does: for its exit code and its streams, and where libraries read the environment. */
export async function sluiceProcess(
  words: readonly string[],
  variables: Variables = {},
  input: string | Buffer = '',
): Promise<Ended> {
  const env = { ...CHILD_ENVIRONMENT, ...variables };
  return new Promise((done) => {
    const child = execFile(process.execPath, [MAIN, ...words], { env }, (error, stdout, stderr) =>
      done({ code: error?.code ?? 0, stdout, stderr }),
    );
    // A command that is wrong ends before it has read anything.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
