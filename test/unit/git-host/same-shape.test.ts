import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const filesOf = (host: string) => readdirSync(join(import.meta.dirname, '../../../shared/git-host', host));

test('github/ and gitlab/ have the same files, and git/ none that these lack', () => {
  expect(filesOf('github')).toEqual(filesOf('gitlab'));
  expect(filesOf('github')).toEqual(expect.arrayContaining(filesOf('git')));
});
