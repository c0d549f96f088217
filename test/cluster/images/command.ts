import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { debianPath } from '../parts.ts';

const run = promisify(execFile);
const LINES_IN_ERRORS = 40;

/**
 * Runs a command that the kernel ends with the process that started it, and returns what it printed, without white
 * space at its ends.
 *
 * @throws Error with its last lines
 */
export async function runCommand(
  command: string,
  commandLine: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  try {
    const { stdout } = await run(debianPath('setpriv'), ['--pdeathsig', 'KILL', '--', command, ...commandLine], {
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, ...environment },
    });
    return stdout.trim();
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    const words = `${stdout}${stderr}`.trimEnd().split('\n').slice(-LINES_IN_ERRORS).join('\n');
    throw new Error(`${[command, ...commandLine].join(' ')} failed: ${words || String(error)}`, { cause: error });
  }
}
