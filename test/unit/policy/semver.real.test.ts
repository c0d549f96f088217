import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { CORPUS_FILE } from './corpus.ts';

const run = promisify(execFile);

test('the corpus is what Masterminds/semver says', async () => {
  const cwd = fileURLToPath(new URL('../../fixtures/semver/generate', import.meta.url));
  const { stdout } = await run('go', ['run', '.'], { cwd, maxBuffer: 2 ** 24 });
  expect(stdout).toBe(await readFile(CORPUS_FILE, 'utf8'));
});
