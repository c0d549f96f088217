import { Command, CommanderError } from 'commander';
import { isSluiceError, messageOf } from '../../shared/errors.ts';
import { printableLines } from '../../shared/printable.ts';
import type { Terminal } from './terminal.ts';

/** Adds a command to the program. */
type AddCommand = (program: Command, terminal: Terminal) => void;

/** In the order of the help. Each loads when it is needed: what all of them import takes longer than most of them run. */
const COMMANDS: ReadonlyMap<string, () => Promise<AddCommand>> = new Map([
  ['identity', async () => (await import('./identity.ts')).addIdentity],
  ['check', async () => (await import('./configuration.ts')).addCheck],
  ['schema', async () => (await import('./configuration.ts')).addSchema],
  ['choose', async () => (await import('./choose.ts')).addChoose],
  ['parse-push', async () => (await import('./parse-push.ts')).addParsePush],
  ['install', async () => (await import('./install.ts')).addInstall],
  ['doctor', async () => (await import('./doctor.ts')).addDoctor],
  ['replay', async () => (await import('./replay.ts')).addReplay],
  ['suspend', async () => (await import('./suspend.ts')).addSuspend],
  ['resume', async () => (await import('./suspend.ts')).addResume],
  ['block', async () => (await import('./block.ts')).addBlock],
  ['allow', async () => (await import('./block.ts')).addAllow],
  ['freeze', async () => (await import('./freeze.ts')).addFreeze],
  ['thaw', async () => (await import('./freeze.ts')).addThaw],
]);

/**
 * Runs a command line to its end.
 *
 * @param words after `sluice`
 */
export async function runSluice(words: readonly string[], terminal: Terminal): Promise<void> {
  const program = new Command('sluice')
    .description('Looks after Sluice: its configuration, its deployments and its keys.')
    .configureOutput({ writeOut: (text) => terminal.print(text), writeErr: (text) => terminal.complain(text) })
    .exitOverride();
  for (const add of await addersFor(words)) {
    add(program, terminal);
  }
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    terminal.endWith(error instanceof CommanderError ? error.exitCode : tellFailure(error, terminal));
  }
}

/** That of the command that is named; of all where there is none, as for help. */
async function addersFor([name = '']: readonly string[]): Promise<readonly AddCommand[]> {
  const load = COMMANDS.get(name);
  return load === undefined ? Promise.all([...COMMANDS.values()].map(async (one) => one())) : [await load()];
}

/** Gives the exit code. */
function tellFailure(error: unknown, terminal: Terminal): number {
  terminal.complain(`${printableLines(messageOf(error))}\n`);
  return isSluiceError(error, 'target-unavailable', 'cluster-unreachable') ? 2 : 1;
}
