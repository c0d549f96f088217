import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SluiceError } from '../../shared/errors.ts';

/** A state directory that is this process's alone. */
export interface StateLock {
  release(): void;
}

/**
 * Takes a directory for as long as this process lives: another runtime on it would take the messages in work for left
 * behind. SQLite's lock is one of the operating system's on the file, which ends with the process however that ends.
 *
 * @throws SluiceError `config-invalid` where another runtime has it
 */
export function lockState(directory: string): StateLock {
  const database = new DatabaseSync(join(directory, 'lock.db'), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new SluiceError({
      code: 'config-invalid',
      subject: `state directory ${directory}`,
      expected: 'one runtime on it',
      found: 'another that runs',
      next: 'End that one, or give this one a directory of its own with --state-dir.',
      cause,
    });
  }
  return { release: () => database.close() };
}
