import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const directory = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
afterAll(() => rmSync(directory, { recursive: true }));

const sluice = async (...words: readonly string[]) =>
  promisify(execFile)(process.execPath, ['infra/cli/main.ts', ...words]);

test('identity prints one key, the same each time, and keeps the private half to its owner', async () => {
  const state = join(directory, 'agent');
  const first = await sluice('identity', '--state-dir', state);
  const second = await sluice('identity', '--state-dir', state);
  expect(first.stdout).toMatch(/^ssh-ed25519 \S+ sluice-agent\n$/);
  expect(second.stdout).toBe(first.stdout);
  expect(statSync(join(state, 'id_ed25519')).mode & 0o777).toBe(0o600);
});

test('check names every fault of a file and ends with 1', async () => {
  const file = join(directory, 'sluice.yml');
  writeFileSync(file, 'repositories: []\nregistries: [{ host: "a b" }]\n');
  await expect(sluice('check', file)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /: 2 faults\n {2}repositories: expected at least one repository\n {2}registries\[0\]\.host: expected a host as images name it/,
    ),
  });
});

test('check counts what a file that is right holds', async () => {
  const file = join(directory, 'right.yml');
  const repository = '{ url: https://git.example.com/hello.git }';
  writeFileSync(file, `repositories: [${repository}]\nregistries: [{ host: registry.example.com }]\n`);
  expect(await sluice('check', file)).toEqual({
    stdout: `${file}: good (repositories: 1, registries: 1)\n`,
    stderr: '',
  });
});

test('check of a file that is not there names it', async () => {
  const file = join(directory, 'none.yml');
  await expect(sluice('check', file)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(file) });
});

test('schema prints the JSON Schema of the configuration', async () => {
  const { stdout } = await sluice('schema');
  expect(JSON.parse(stdout)).toMatchObject({ type: 'object', required: ['repositories', 'registries'] });
});
