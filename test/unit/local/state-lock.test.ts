import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockState } from '../../../infra/local/state-lock.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const REFUSAL = {
  code: 'config-invalid',
  message: expect.stringMatching(
    /^state directory \S+: expected one runtime on it, found another that runs\. End that one, or give this one a directory of its own with --state-dir\.?$/,
  ),
};

test('a directory is one runtime’s until it gives it back', () => {
  const lock = lockState(directory);
  expect(() => lockState(directory)).toThrow(expect.objectContaining(REFUSAL));
  lock.release();
  lockState(directory).release();
});

test('and until it is killed', async () => {
  const { href: url } = new URL('../../../infra/local/state-lock.ts', import.meta.url);
  const script = `import { lockState } from '${url}'; lockState(process.argv[1]); console.log('locked'); setInterval(() => {}, 1000);`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', script, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(other.stdout, 'data');
  expect(() => lockState(directory)).toThrow(expect.objectContaining(REFUSAL));
  other.kill('SIGKILL');
  await once(other, 'exit');
  lockState(directory).release();
});
