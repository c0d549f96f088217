import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { commitSluiceFile } from '../../../infra/cli/sluice-file-commit.ts';
import { allowedBy, blockedBy, parseBlockList } from '../../../shared/block-list/block-list.ts';
import { withBlock } from '../../../shared/block-list/edit.ts';
import { SluiceError } from '../../../shared/errors.ts';
import { sluice as inProcess } from '../../command-line.ts';
import { bareRepository } from '../../contract/bare-repository.ts';
import { fluxPolicy, helmRelease } from '../../fakes/flux-v2.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryGitHost, watched } from '../../fakes/memory-git-host.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
afterAll(() => rmSync(directory, { recursive: true }));

const IMAGE = 'ghcr.io/acme/web';
const WITHOUT_VERSION = `image ${IMAGE}: expected a tag or a digest, found none. Every version is blocked by an entry without a tag in .sluice/blocked.yml, which you write or take out by hand.`;
const DIGEST = `sha256:${'a'.repeat(64)}`;
const FILE = '.sluice/blocked.yml';

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
const repository = (image = IMAGE, more: readonly { readonly path: string; readonly content: string }[] = []) => {
  made += 1;
  const path = join(directory, `repository-${made}.git`);
  return bareRepository(path, [{ path: 'k8s/deploy.yml', content: deployment(`${image}:1.2.3`, 'glob:*') }, ...more]);
};
const configOf = (paths: readonly string[], more = '') => {
  const file = join(directory, `sluice-${made}.yml`);
  const lines = paths.map((path) => `  - { url: ${path}, paths: [k8s]${more} }\n`);
  writeFileSync(file, `repositories:\n${lines.join('')}registries: [{ host: ghcr.io }]\n`);
  return file;
};
const textOf = (git: ReturnType<typeof repository>) => git.read(FILE).toString('utf8');

describe('block and allow', () => {
  test('write one commit each, and none where the list says so already', async () => {
    const git = repository();
    const config = ['--config', configOf([git.path], ', delivery: { skipCi: true }')];
    const version = { image: IMAGE, tag: '1.2.3' };

    const reason = ['--reason', 'crashes on start', '--until', '9999-12-01'];
    const blocked = await sluice('block', `${IMAGE}:1.2.3`, ...reason, ...config);
    const [first] = git.log();
    const commit = first?.commit ?? '';
    expect(blocked).toEqual({
      code: 0,
      stdout: `blocked ${IMAGE}:1.2.3 in ${git.path} (commit ${commit.slice(0, 12)})\n`,
      stderr: '',
    });
    expect(first?.message).toBe(
      `Block ${IMAGE}:1.2.3\n\ncrashes on start\n\nUntil 9999-12-01.\n\n[ci skip]\n\nBlocked-by: Jane Doe <jane@example.com>\n`,
    );
    expect(blockedBy(parseBlockList(textOf(git)), version, Date.now())).toMatch(
      /^blocked in \.sluice\/blocked\.yml since \d{4}-\d\d-\d\d until 9999-12-01: crashes on start$/,
    );

    const again = await sluice('block', `${IMAGE}:1.2.3`, ...reason, ...config);
    expect(again).toEqual({ code: 0, stdout: `already blocked: ${IMAGE}:1.2.3 in ${git.path}\n`, stderr: '' });
    expect(git.log()[0]?.commit).toBe(commit);

    const allowed = await sluice('allow', `${IMAGE}:1.2.3`, '--json', ...config);
    const [last] = git.log();
    const result = { image: IMAGE, tag: '1.2.3', digest: null, repository: git.path };
    const json = [{ ...result, commit: last?.commit, changed: true }];
    expect(allowed).toEqual({ code: 0, stdout: `${JSON.stringify(json)}\n`, stderr: '' });
    expect(last?.message).toBe(`Allow ${IMAGE}:1.2.3\n\n[ci skip]\n\nAllowed-by: Jane Doe <jane@example.com>\n`);
    const list = parseBlockList(textOf(git));
    expect(list.blocked).toEqual([]);
    expect(allowedBy(list, version)).toMatchObject([
      { since: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) },
    ]);
    expect(git.log()).toHaveLength(3);
  });

  test('take a digest, a short name, and leave the rest of the file alone', async () => {
    const before = '# ours\nblocked:\n- image:  a   # x\n';
    const git = repository('nginx', [{ path: FILE, content: before }]);
    const config = ['--config', configOf([git.path])];
    const result = await sluice('block', `nginx@${DIGEST}`, '--reason', 'bad', '--json', ...config);
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining(`"tag":null,"digest":"${DIGEST}"`) });
    expect(textOf(git)).toMatch(
      new RegExp(
        `^${before}- image: docker\\.io/library/nginx\n  digest: ${DIGEST}\n  reason: bad\n  since: \\d{4}-\\d\\d-\\d\\d\n$`,
      ),
    );
  });

  test('of several repositories write to those that use the image, or to the one that is named', async () => {
    const [uses, usesToo, other] = [repository(), repository(), repository('nginx')];
    const config = ['--config', configOf([uses.path, other.path, usesToo.path])];
    const result = await sluice('block', `${IMAGE}:1.2.3`, '--reason', 'bad', ...config);
    const headOf = (git: ReturnType<typeof repository>) => git.log()[0]?.commit.slice(0, 12);
    expect(result).toMatchObject({
      stdout: [uses, usesToo].map((git) => `blocked ${IMAGE}:1.2.3 in ${git.path} (commit ${headOf(git)})\n`).join(''),
    });
    expect(other.log()).toHaveLength(1);
    await sluice('block', `${IMAGE}:1.2.3`, '--reason', 'bad', '--repository', other.path, ...config);
    expect(other.log()).toHaveLength(2);

    const listed = [uses, other, usesToo].map(({ path }) => `${path} (main)`).join(', ');
    expect(await sluice('block', 'redis:7', '--reason', 'bad', ...config)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `image docker.io/library/redis: expected a repository whose manifests use it, found none among ${listed}. Name one with --repository.\n`,
    });
    expect(await sluice('allow', 'redis:7', '--repository', 'https://x/y.git', ...config)).toMatchObject({
      code: 1,
      stderr: `repository https://x/y.git: expected one that sluice.yml names, found none among ${listed}. Name one with --repository.\n`,
    });
  });

  test('know an image of which a manifest has the tag alone, and a policy in another file the name', async () => {
    const git = repository('nginx', [
      { path: 'k8s/web.yaml', content: helmRelease('1.0.0') },
      { path: 'k8s/flux.yaml', content: fluxPolicy() },
    ]);
    const config = ['--config', configOf([git.path])];
    const result = await sluice('block', 'registry.example.com/app:1.0.1', '--reason', 'bad', ...config);
    expect(result).toMatchObject({ code: 0 });
  });

  test.each([
    { of: 'one that nobody uses', image: 'redis:7', next: 'Name one with --repository.' },
    {
      of: 'one that is nearly what somebody uses',
      image: 'ghcr.io/acme/wbe:1.2.3',
      next: `Did you mean ${IMAGE}? Else name one with --repository.`,
    },
  ])('refuse an image that the only repository does not use: $of', async ({ image, next }) => {
    const git = repository();
    const config = ['--config', configOf([git.path])];
    for (const command of [
      ['block', image, '--reason', 'bad'],
      ['allow', image],
    ]) {
      const { code, stdout, stderr } = await sluice(...command, ...config);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(
        `expected a repository whose manifests use it, found none among ${git.path} (main). ${next}\n`,
      );
    }
    expect(git.log()).toHaveLength(1);
  });

  test('take back a block of an image that nobody uses any more', async () => {
    const git = repository(IMAGE, [{ path: FILE, content: 'blocked:\n- image: redis:7\n' }]);
    const result = await sluice('allow', 'redis:7', '--config', configOf([git.path]));
    expect(result).toMatchObject({ code: 0, stdout: expect.stringMatching(/^allowed docker\.io\/library\/redis:7 /) });
  });

  test('say that a block that stands keeps its end', async () => {
    const git = repository();
    const config = ['--config', configOf([git.path])];
    await sluice('block', `${IMAGE}:1.2.3`, '--reason', 'bad', '--until', '9999-12-01', ...config);
    const again = await sluice('block', `${IMAGE}:1.2.3`, '--reason', 'worse', ...config);
    expect(again).toMatchObject({
      code: 0,
      stdout: `already blocked: ${IMAGE}:1.2.3 in ${git.path} until 9999-12-01, as before\n`,
    });
    const shorter = await sluice('block', `${IMAGE}:1.2.3`, '--reason', 'x', '--until', '9998-01-01', ...config);
    expect(shorter.stdout).toContain('until 9999-12-01, as before');
  });

  test('tell of one repository that cannot be written beside one that is', async () => {
    const [good, bad] = [repository(), repository(IMAGE, [{ path: FILE, content: 'blocked: all\n' }])];
    const config = ['--config', configOf([good.path, bad.path])];
    expect(await sluice('block', `${IMAGE}:1.2.3`, '--reason', 'bad', ...config)).toMatchObject({
      code: 1,
      stdout: `blocked ${IMAGE}:1.2.3 in ${good.path} (commit ${good.log()[0]?.commit.slice(0, 12)})\n`,
      stderr: '.sluice/blocked.yml: line 1: blocked: expected a list. Mend it by hand.\n',
    });
  });

  test.each([
    { of: 'to block an image without a version', words: ['block', IMAGE, '--reason', 'bad'], says: WITHOUT_VERSION },
    { of: 'to allow an image without a version', words: ['allow', IMAGE], says: WITHOUT_VERSION },
    {
      of: 'what is no image',
      words: ['allow', 'A b'],
      says: /^image: expected an image like .*, found "A b" \(wrong at character 1\)$/,
    },
    { of: 'no reason', words: ['block', `${IMAGE}:1`], says: "error: required option '--reason <text>' not specified" },
    {
      of: 'an empty reason',
      words: ['block', `${IMAGE}:1`, '--reason', ' '],
      says: '--reason: expected why, in a few words, found nothing',
    },
    {
      of: 'a day that is over',
      words: ['block', `${IMAGE}:1`, '--reason', 'bad', '--until', '2020-01-01'],
      says: /^--until: expected a day like \d{4}-\d\d-\d\d or a time like \S+ that is still to come, found 2020-01-01$/,
    },
    {
      of: 'a day that is none',
      words: ['block', `${IMAGE}:1`, '--reason', 'bad', '--until', 'soon'],
      says: /^--until: .* found soon$/,
    },
    {
      of: 'a version whose whole image is blocked',
      words: ['allow', `${IMAGE}:1.2.3`],
      says: `${IMAGE}:1.2.3: every version of the image is blocked in .sluice/blocked.yml: moved. Take that entry out of the file, or put the versions there that it means.`,
    },
  ])('refuse $of', async ({ words, says }) => {
    const git = repository(IMAGE, [{ path: FILE, content: `- image: ${IMAGE}\n  reason: moved\n` }]);
    const result = await sluice(...words, '--config', configOf([git.path]));
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr.trimEnd()).toMatch(says);
    expect(git.log()).toHaveLength(1);
  });
});

describe('a branch that moves meanwhile', () => {
  const change = {
    path: FILE,
    edit: (text: string | undefined) => withBlock(text, { image: IMAGE, tag: '1' }),
    subject: 'Block it',
    why: ['', 'bad'],
    trailer: 'Blocked-by: Jane',
  };

  test('is written anew on its new head, with what stands there', async () => {
    const host = memoryGitHost({ 'deploy.yml': '' });
    let pushes = 4;
    host.beforeCommit = () => {
      if (pushes > 0) {
        host.push({ [FILE]: `- image: other:${pushes}\n` });
        pushes -= 1;
      }
    };
    expect(await commitSluiceFile(watched(host), change)).toBe(await host.head('main'));
    expect(host.commits).toMatchObject([
      {
        branch: 'main',
        edits: [{ path: FILE, text: `- image: other:1\n- image: ${IMAGE}\n  tag: "1"\n`, create: true }],
        message: 'Block it\n\nbad\n\nBlocked-by: Jane\n',
        author: { name: 'Sluice', email: 'sluice@example.com' },
        skipCi: false,
      },
    ]);
  });

  test('is given up after five times', async () => {
    const host = memoryGitHost({ 'deploy.yml': '' });
    let tries = 0;
    host.beforeCommit = () => {
      tries += 1;
      host.push({ 'deploy.yml': String(tries) });
    };
    await expect(commitSluiceFile(watched(host), change)).rejects.toThrow(
      expect.objectContaining({ name: SluiceError.name, code: 'git-head-moved' }),
    );
    expect([tries, host.commits]).toEqual([5, []]);
  });

  test('is left alone where somebody has written it', async () => {
    const host = memoryGitHost({ 'deploy.yml': '' });
    host.beforeCommit = () => host.push({ [FILE]: `- image: ${IMAGE}:1\n` });
    expect(await commitSluiceFile(watched(host), change)).toBeUndefined();
    expect(host.commits).toEqual([]);
  });
});
