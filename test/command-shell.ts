import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a command ended. */
export interface CommandResult {
  readonly exit: number;
  readonly output: Buffer;
  readonly errors: string;
}

export interface CommandOptions {
  readonly input?: string | Buffer | undefined;
  /** All that it sees of an environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const LONGEST_LINE_BYTES = 64;

/**
 * Runs short commands, one at a time, from a shell that is started once. Node copies the tables of all its memory for
 * each process that it starts: for a process of 400 MB, as test runs become, that takes 13 ms, in a shell less than one.
 */
export class CommandShell {
  readonly #directory = mkdtempSync(join(tmpdir(), 'sluice-shell-'));
  readonly #commands: number;
  readonly #ends: number;

  constructor() {
    const [commands, ends] = [this.#file('commands'), this.#file('ends')];
    execFileSync('mkfifo', [commands, ends]);
    const start = `exec /bin/sh <${quoted(commands)} 3>${quoted(ends)}`;
    const shell = spawn('/bin/sh', ['-c', start], { env: {}, stdio: 'ignore' });
    shell.unref();
    // Each opens once the other end is.
    this.#commands = openSync(commands, 'w');
    this.#ends = openSync(ends, 'r');
    writeSync(this.#commands, 'unset PWD OLDPWD\n');
    process.once('exit', () => this.#close());
  }

  /** Runs a command to its end. @throws Error where the shell is gone */
  run(words: readonly string[], { input = '', env }: CommandOptions): CommandResult {
    const [stdout, stderr] = [this.#file('stdout'), this.#file('stderr')];
    const stdin = input.length === 0 ? '/dev/null' : this.#file('stdin');
    if (input.length > 0) {
      writeFileSync(stdin, input);
    }
    // The shell has none of its own.
    const variables = Object.entries(env).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${quoted(value)}`],
    );
    const command = [...variables, ...words.map(quoted)].join(' ');
    writeSync(this.#commands, `${command} <${quoted(stdin)} >${quoted(stdout)} 2>${quoted(stderr)}; echo $? >&3\n`);
    return { exit: this.#exit(), output: readFileSync(stdout), errors: readFileSync(stderr, 'utf8') };
  }

  #exit(): number {
    const line = Buffer.alloc(LONGEST_LINE_BYTES);
    const bytes = readSync(this.#ends, line);
    if (bytes === 0) {
      throw new Error('the shell of the tests is gone');
    }
    return Number(line.toString('latin1', 0, bytes));
  }

  #file(name: string): string {
    return join(this.#directory, name);
  }

  #close(): void {
    closeSync(this.#commands);
    closeSync(this.#ends);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

let shared: CommandShell | undefined;

/** The one of this process. */
export function commandShell(): CommandShell {
  shared ??= new CommandShell();
  return shared;
}

/** @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_02 */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
