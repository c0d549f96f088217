import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NAME = 'invoke-token';

/** Where the token of a runtime is, in its state directory. */
export function invokeTokenFile(directory: string): string {
  return join(directory, NAME);
}

/** The token that opens a runtime's Invoke; made the first time, and readable by this user alone. */
export function invokeToken(directory: string): string {
  const file = invokeTokenFile(directory);
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return readFileSync(file, 'utf8').trim();
}
