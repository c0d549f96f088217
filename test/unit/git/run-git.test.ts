import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { SluiceError } from '../../../shared/errors.ts';
import { credentialEnvironment } from '../../../shared/git/credentials.ts';
import { type GitCall, runGit } from '../../../shared/git/run-git.ts';
import { listen } from '../../cluster/listener.ts';

let directory: string;
let bare: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-run-git-'));
  bare = join(directory, 'bare');
  execFileSync('git', ['init', '--quiet', '--bare', '--template=', bare]);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function git(command: readonly string[], more: Partial<GitCall> = {}): Promise<Buffer> {
  return runGit({ arguments: command, directory: bare, timeoutMillis: 10_000, subject: 'repository r', ...more });
}

/** The command lines of the processes that mention the text, as any user of the machine sees them. */
function commandLines(mentioning: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
      } catch {
        return [];
      }
    })
    .filter((line) => line.includes(mentioning));
}

describe('git runs', () => {
  test('with what it is given, and gives what it wrote', async () => {
    const blob = (await git(['hash-object', '-w', '--stdin'], { input: 'größe\r\n' })).toString().trim();
    expect((await git(['cat-file', 'blob', blob])).toString()).toBe('größe\r\n');
  });

  test('without the set-up of the user or the machine', async () => {
    const home = join(directory, 'home');
    mkdirSync(home);
    writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = Somebody\n[url "/nowhere/"]\n\tinsteadOf = "/"\n');
    const settings = { HOME: home, GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'user.email', GIT_CONFIG_VALUE_0: 'a@b' };
    const before = { ...process.env };
    Object.assign(process.env, settings, { GIT_DIR: '/nowhere', GIT_TRACE: '1' });
    onTestFinished(() => {
      for (const name of [...Object.keys(settings), 'GIT_DIR', 'GIT_TRACE']) {
        delete process.env[name];
      }
      Object.assign(process.env, before);
    });
    const config = (await git(['config', '--list', '--show-origin'])).toString();
    expect(config).not.toMatch(/user\.|insteadof/);
    expect((await git(['rev-parse', '--absolute-git-dir'])).toString().trim()).toBe(bare);
  });

  test('without hooks of the repository', async () => {
    const mark = join(directory, 'hook-ran');
    mkdirSync(join(bare, 'hooks'));
    writeFileSync(join(bare, 'hooks', 'reference-transaction'), `#!/bin/sh\ntouch ${mark}\n`);
    chmodSync(join(bare, 'hooks', 'reference-transaction'), 0o755);
    const tree = (await git(['mktree'], { input: '' })).toString().trim();
    const who = `author a <a@b> 0 +0000\ncommitter a <a@b> 0 +0000`;
    const input = `tree ${tree}\n${who}\n\nx\n`;
    const commit = (await git(['hash-object', '-t', 'commit', '-w', '--stdin'], { input })).toString().trim();
    await git(['update-ref', 'refs/heads/main', commit]);
    expect(existsSync(mark)).toBe(false);
  });

  test.each([{ url: 'ext::sh -c touch% {mark}' }, { url: 'git://127.0.0.1:1/x' }])(
    'never by the protocol of $url',
    async ({ url }) => {
      const mark = join(directory, 'command-ran');
      await expect(git(['ls-remote', '--', url.replace('{mark}', mark)])).rejects.toMatchObject({
        code: expect.stringMatching(/^git-/),
        message: expect.stringMatching(/^repository r: transport '\w+' not allowed/),
      });
      expect(existsSync(mark)).toBe(false);
    },
  );
});

describe('git that fails', () => {
  test('says why, in English whatever the locale', async () => {
    await expect(git(['cat-file', 'blob', '1'.repeat(40)])).rejects.toMatchObject({
      code: expect.stringMatching(/^git-/),
      message: expect.stringContaining(`repository r: git cat-file ${'1'.repeat(40)}: bad file`),
    });
  });

  test('for want of its directory: git-unavailable', async () => {
    await expect(git(['version'], { directory: join(directory, 'gone') })).rejects.toMatchObject({
      code: 'git-unavailable',
      message: expect.stringContaining('git did not start'),
    });
  });

  test('to take its input tells the reason, not the broken pipe', async () => {
    await expect(git(['no-such-command'], { input: Buffer.alloc(4_000_000) })).rejects.toMatchObject({
      message: expect.stringContaining("'no-such-command' is not a git command"),
    });
  });
});

test('hides its credentials from the machine, and ends with its helpers after the time limit', async () => {
  let seen: readonly string[] = [];
  const listener = await listen(
    createServer(() => {
      seen = commandLines(listener.url);
    }),
  );
  onTestFinished(async () => listener.close());
  const basic = { kind: 'basic', username: 'robot', password: 'a-secret-password' } as const;
  const environment = credentialEnvironment(listener.url, basic);
  const call = git(['ls-remote', '--', `${listener.url}/hello.git`], { environment, timeoutMillis: 500 });
  await expect(call).rejects.toMatchObject({
    code: 'git-unavailable',
    retryable: true,
    message: 'repository r: expected an answer of git, found no answer within 0.5 s',
  });
  const encoded = Buffer.from('robot:a-secret-password').toString('base64');
  expect(seen.join('\n')).toMatch(/git-remote-http/);
  expect(seen.filter((line) => line.includes('a-secret-password') || line.includes(encoded))).toEqual([]);
  await expect.poll(() => commandLines(listener.url)).toEqual([]);
});

test('ends with its helpers as soon as a fault is found', async () => {
  const listener = await listen(createServer(() => {}));
  onTestFinished(async () => listener.close());
  const found = new SluiceError({ code: 'git-too-large', subject: 'repository r', found: 'more than it may' });
  const call = git(['ls-remote', '--', `${listener.url}/hello.git`], { fault: async () => found });
  await expect(call).rejects.toBe(found);
  await expect.poll(() => commandLines(listener.url)).toEqual([]);
});
