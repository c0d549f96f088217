import { accessSync, constants, mkdirSync } from 'node:fs';
import { messageOf, SluiceError } from '../errors.ts';

/**
 * Makes the directory that `--state-dir` names, for this user alone, where it is not there yet.
 *
 * @throws SluiceError `config-invalid` where it cannot be made or written to
 */
export function prepareStateDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new SluiceError({
      code: 'config-invalid',
      subject: `state directory ${directory}`,
      expected: 'a directory that this user may write to',
      found: messageOf(cause),
      next: 'Name another with --state-dir.',
      cause,
    });
  }
}
