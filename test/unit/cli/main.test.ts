import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CHILD_ENVIRONMENT } from '../../child-environment.ts';
import { sluice, sluiceProcess } from '../../command-line.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('identity prints one key, the same each time, and keeps the private half to its owner', async () => {
  const state = join(directory, 'agent');
  const first = await sluice(['identity', '--state-dir', state]);
  const second = await sluice(['identity', '--state-dir', state]);
  expect(first.stdout).toMatch(/^ssh-ed25519 \S+ sluice-agent\n$/);
  expect(second.stdout).toBe(first.stdout);
  expect(statSync(join(state, 'id_ed25519')).mode & 0o777).toBe(0o600);
});

test('check names every fault of a file and ends with 1', async () => {
  const file = join(directory, 'sluice.yml');
  writeFileSync(file, 'repositories: []\nregistries: [{ host: "a b" }]\n');
  expect(await sluice(['check', file])).toMatchObject({
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
  expect(await sluice(['check', file])).toEqual({
    code: 0,
    stdout: `${file}: good (repositories: 1, registries: 1)\n`,
    stderr: '',
  });
});

test('check of a file that is not there names it', async () => {
  const file = join(directory, 'none.yml');
  expect(await sluice(['check', file])).toMatchObject({ code: 1, stderr: expect.stringContaining(file) });
});

test('schema prints the JSON Schema of the configuration', async () => {
  const { stdout } = await sluiceProcess(['schema']);
  expect(JSON.parse(stdout)).toMatchObject({ type: 'object', required: ['repositories', 'registries'] });
});

test('no help of a command is wider than a terminal of 80 columns', async () => {
  const overview = (await sluice(['--help'])).stdout;
  const names = [...overview.matchAll(/^ {2}([a-z-]+)(?= .*\[| {3,})/gm)].map(([, name = '']) => name);
  expect(names).toEqual(expect.arrayContaining(['choose', 'freeze', 'doctor', 'suspend', 'schema']));
  const helps = await Promise.all(names.map(async (name) => (await sluice([name, '--help'])).stdout));
  expect([overview, ...helps].flatMap((help) => help.split('\n')).filter((line) => line.length > 80)).toEqual([]);
});

const NO_FILE = 'none.yml: cannot be read (ENOENT: ';

describe('as a process of its own', () => {
  test.each([
    { line: 'identity --state-dir /dev/null', code: 1, stderr: 'EEXIST: file already exists' },
    { line: 'check none.yml', code: 1, stderr: NO_FILE },
    { line: 'schema', code: 0, stdout: '{\n  "$schema": ' },
    { line: 'choose', code: 2, stderr: "error: required option '--policy <policy>' not specified\n" },
    { line: 'parse-push --source generic', code: 1, stdout: '{"status":400,"accepted":false,' },
    { line: 'parse-push', code: 2, stderr: "error: required option '--source <source>' not specified\n" },
    { line: 'install --git-url https://x/y.git', code: 0, stdout: '---\napiVersion: v1\n' },
    { line: 'install --replicas x', code: 2, stderr: "error: option '--replicas <count>' argument 'x'" },
    { line: 'doctor --target http://127.0.0.1:9', code: 2, stderr: 'function ' },
    { line: 'replay --target a:1', code: 2, stderr: '--target: expected the URL of the local runtime' },
    { line: 'suspend --kubeconfig /nowhere', code: 2, stderr: '/nowhere: expected a cluster to talk to' },
    { line: 'resume --why', code: 2, stderr: "error: unknown option '--why'\n" },
    { line: 'block a:1 --reason bad --config none.yml', code: 1, stderr: NO_FILE },
    { line: 'allow --help', code: 0, stdout: 'Usage: sluice allow [options] <image>\n' },
    { line: '--help', code: 0, stdout: 'Usage: sluice [options] [command]\n' },
    { line: 'instal', code: 1, stderr: "error: unknown command 'instal'\n(Did you mean install?)\n" },
  ])(
    '`sluice $line` ends with $code and says so where it belongs',
    async ({ line, code, stdout = '', stderr = '' }) => {
      const ended = await sluiceProcess(line.split(' '));
      expect(ended.code).toBe(code);
      expect(ended.stdout.slice(0, stdout.length)).toBe(stdout);
      expect(ended.stderr.slice(0, stderr.length)).toBe(stderr);
      expect([ended.stdout === '', ended.stderr === '']).toEqual([stdout === '', stderr === '']);
    },
  );

  test.each([
    { name: 'a reader that has seen enough is no failure', into: '| head -n 1', code: 0, stderr: '' },
    {
      name: 'output that cannot be written is one, in a line',
      into: '> /dev/full',
      code: 1,
      stderr: 'standard output: ENOSPC: no space left on device, write\n',
    },
  ])('$name', ({ into, code, stderr }) => {
    const tags = join(directory, 'tags');
    writeFileSync(tags, Array.from({ length: 20_000 }, (_, at) => `1.0.${at}\n`).join(''));
    const line = `'${process.execPath}' infra/cli/main.ts choose --policy 'semver:*' --tags '${tags}' ${into}`;
    const ended = spawnSync('bash', ['--norc', '-o', 'pipefail', '-c', line], {
      encoding: 'utf8',
      env: CHILD_ENVIRONMENT,
    });
    expect({ code: ended.status, stderr: ended.stderr }).toEqual({ code, stderr });
  });
});
