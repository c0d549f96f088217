import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { FREEZE_FILE, parseFreezeFile } from '../../../shared/hold/freeze-file.ts';
import { sluice as inProcess } from '../../command-line.ts';
import { bareRepository } from '../../contract/bare-repository.ts';
import { deployment } from '../../fakes/manifests.ts';
import { readmeCommands } from '../../flow/readme-commands.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
afterAll(() => rmSync(directory, { recursive: true }));
const gitConfig = join(directory, 'gitconfig');
writeFileSync(gitConfig, '[user]\n\tname = Jane Doe\n\temail = jane@example.com\n');

/** Runs the command beside nobody else's settings, with a folder of its own for what it keeps meanwhile. */
async function sluice(...words: readonly string[]) {
  const temporary = mkdtempSync(join(directory, 'tmp-'));
  vi.stubEnv('TMPDIR', temporary);
  try {
    return await inProcess(words, { GIT_CONFIG_GLOBAL: gitConfig, USER: 'jane' });
  } finally {
    vi.unstubAllEnvs();
    expect(readdirSync(temporary)).toEqual([]);
  }
}

let made = 0;
function repository(more: readonly { readonly path: string; readonly content: string }[] = []) {
  made += 1;
  const manifest = { path: 'k8s/web.yml', content: deployment('ghcr.io/acme/web:1.2.3', 'glob:*') };
  return bareRepository(join(directory, `repository-${made}.git`), [manifest, ...more]);
}
function configOf(...repositories: readonly ReturnType<typeof repository>[]): readonly string[] {
  const file = join(directory, `sluice-${made}.yml`);
  const lines = repositories.map(({ path }) => `  - { url: ${path}, paths: [k8s], delivery: { skipCi: true } }\n`);
  writeFileSync(file, `repositories:\n${lines.join('')}registries: [{ host: ghcr.io }]\n`);
  return ['--config', file];
}
const freezesOf = (git: ReturnType<typeof repository>) => parseFreezeFile(git.read(FREEZE_FILE).toString('utf8'));
const why = ['--reason', 'incident: 42'];

describe('freeze and thaw', () => {
  test('write one commit each in every repository, and none where that is said already', async () => {
    const [one, other] = [repository(), repository()];
    const config = configOf(one, other);
    const frozen = await sluice('freeze', '--all', ...why, '--until', '9999-12-01', ...config);
    const ids = [one, other].map((git) => git.log()[0]?.commit.slice(0, 12));
    expect(frozen).toMatchObject({
      code: 0,
      stdout: `frozen all in ${one.path} (main) until 9999-12-01, by commit ${ids[0]}\nfrozen all in ${other.path} (main) until 9999-12-01, by commit ${ids[1]}\n`,
    });
    expect(one.git('log', '-1', '--format=%B', 'main').trim()).toBe(
      'Freeze all\n\nincident: 42\n\nUntil 9999-12-01.\n\n[ci skip]\n\nFrozen-by: Jane Doe <jane@example.com>',
    );
    expect(freezesOf(one)).toMatchObject([{ reason: 'incident: 42', until: '9999-12-01' }]);

    expect((await sluice('freeze', '--all', ...why, '--until', '9999-11-01', ...config)).stdout).toBe(
      [one, other].map(({ path }) => `already frozen: all in ${path} (main) until 9999-12-01\n`).join(''),
    );
    expect((await sluice('thaw', '--all', ...config)).stdout).toMatch(/^thawed all in .*\nthawed all in .*\n$/);
    expect(one.git('log', '-1', '--format=%B', 'main').trim()).toBe(
      'Thaw all\n\n[ci skip]\n\nThawed-by: Jane Doe <jane@example.com>',
    );
    expect(freezesOf(one)).toEqual([]);
    expect((await sluice('thaw', '--all', ...config)).stdout).toMatch(/^already thawed: all in .*\nalready thawed: /);
    expect(one.log()).toHaveLength(3);
  });

  test('a freeze that stands is extended: it keeps its beginning, and its end where that is later', async () => {
    const git = repository();
    const config = configOf(git);
    await sluice('freeze', '--all', ...why, '--until', '9999-11-01', ...config);
    const [{ from } = { from: undefined }] = freezesOf(git);
    await sluice('freeze', '--all', '--reason', 'still', '--until', '9999-12-01', ...config);
    expect(freezesOf(git)).toMatchObject([{ reason: 'still', from, until: '9999-12-01' }]);
    await sluice('freeze', '--all', '--reason', 'who knows', ...config);
    expect(freezesOf(git)).toMatchObject([{ reason: 'who knows', from, window: expect.anything() }]);
    const { stdout } = await sluice('freeze', '--all', ...why, '--until', '9999-12-01', ...config);
    expect(stdout).toBe(`already frozen: all in ${git.path} (main)\n`);
  });

  test('of places that no manifest has, it is written, and the slip is told with a place that is there', async () => {
    const git = repository();
    const config = configOf(git);
    const frozen = await sluice('freeze', '--all', ...why, '--objects', 'deploy/default/hello', ...config);
    expect(frozen).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^frozen deploy\/default\/hello in /),
      stderr: `It holds none of the images in the manifests of ${git.path} (main); one of them is deployment/default/hello in k8s/web.yml.\n`,
    });
    const right = await sluice('freeze', '--all', ...why, '--objects', 'deployment/*', '--paths', './k8s', ...config);
    expect(right).toMatchObject({ code: 0, stderr: '' });
  });

  test('in one repository, of some files or objects alone, as JSON', async () => {
    const [one, other] = [repository(), repository()];
    const config = configOf(one, other);
    const scope = ['--repository', one.path, '--paths', 'k8s/prod, k8s/*/db', '--objects', 'deployment/shop/*'];
    const { stdout } = await sluice('freeze', ...scope, ...why, '--json', ...config);
    const [{ commit } = { commit: undefined }] = one.log();
    expect(JSON.parse(stdout)).toEqual([{ repository: one.path, branch: 'main', until: null, commit, changed: true }]);
    expect(freezesOf(one)).toMatchObject([{ paths: ['k8s/prod', 'k8s/*/db'], objects: ['deployment/shop/*'] }]);
    expect(other.log()).toHaveLength(1);
    await sluice('freeze', '--repository', one.path, ...why, ...config);
    await sluice('thaw', ...scope, ...config);
    expect(freezesOf(one)).toEqual([expect.not.objectContaining({ paths: expect.anything() })]);
  });

  test('what is still to come stays after a thaw, and what is over goes', async () => {
    const past = '  - { reason: past, until: 2020-01-01 }\n';
    const git = repository([
      {
        path: FREEZE_FILE,
        content: `freezes:\n${past}  - { reason: now, until: 9999-12-01 }\n  - { reason: later, from: 9999-11-01 }\n`,
      },
    ]);
    await sluice('thaw', '--all', ...configOf(git));
    expect(freezesOf(git)).toMatchObject([{ reason: 'later', from: '9999-11-01' }]);
  });

  test('a file that cannot be read is named, and the other repositories are done', async () => {
    const [broken, good] = [repository([{ path: FREEZE_FILE, content: 'freezes: [' }]), repository()];
    const { code, stdout, stderr } = await sluice('freeze', '--all', ...why, ...configOf(broken, good));
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: expect.stringMatching(/^frozen all in \S+ \(main\), by commit [0-9a-f]{12}\n$/),
      stderr: expect.stringMatching(/^\.sluice\/freeze\.yml: line 1: expected YAML, found: .* Mend it by hand\.\n$/),
    });
    expect(broken.log()).toHaveLength(1);
  });
});

test('the commands that README teaches work as written', async () => {
  const git = repository();
  const config = configOf(git);
  const lines = readmeCommands().filter((line) => /sluice -- (freeze|thaw)/.test(line));
  const told: string[] = [];
  for (const line of lines) {
    const [, , ...words] = line.replace('npm run -s ', '').match(/"[^"]*"|\S+/g) ?? [];
    const { stdout } = await sluice(...words.map((word) => word.replaceAll('"', '')), ...config);
    told.push(stdout);
  }
  expect(told).toEqual([
    expect.stringMatching(/^frozen all in \S+ \(main\) until 2099-12-24, by commit/),
    expect.stringMatching(/^thawed all in \S+ \(main\), by commit/),
  ]);
});

describe('what is asked for wrongly is told, and nothing is written', () => {
  test.each([
    { words: ['freeze', ...why], says: 'command: expected either --all or --repository, found neither' },
    {
      words: ['thaw', '--all', '--repository', 'x'],
      says: 'command: expected either --all or --repository, found both',
    },
    {
      words: ['freeze', '--repository', 'https://x.example/y.git', ...why],
      says: 'repository https://x.example/y.git: expected one that sluice.yml names',
    },
    { words: ['freeze', '--all'], says: "error: required option '--reason <text>' not specified" },
    { words: ['freeze', '--all', '--reason', ' '], says: '--reason: expected why, in a few words, found nothing' },
    { words: ['freeze', '--all', ...why, '--until', '2020-01-01'], says: '--until: expected a day like' },
  ])('$words', async ({ words, says }) => {
    const git = repository();
    const { code, stderr } = await sluice(...words, ...configOf(git));
    expect(code).toBe(1);
    expect(stderr).toContain(says);
    expect(git.log()).toHaveLength(1);
  });
});
