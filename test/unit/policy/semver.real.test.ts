import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { CORPUS_FILE } from './corpus.ts';

test('the corpus is what Masterminds/semver says', () => {
  const cwd = fileURLToPath(new URL('../../fixtures/semver/generate', import.meta.url));
  expect(execFileSync('go', ['run', '.'], { cwd, encoding: 'utf8' })).toBe(readFileSync(CORPUS_FILE, 'utf8'));
});
