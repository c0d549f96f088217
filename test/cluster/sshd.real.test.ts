import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeSshKey, type Sshd, type SshKey, startSshd } from './sshd.ts';

const run = promisify(execFile);
const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
let directory: string;
let writer: SshKey;
let reader: SshKey;
let stranger: SshKey;
let sshd: Sshd;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-sshd-test-'));
  [writer, reader, stranger] = await Promise.all([
    makeSshKey(directory, 'writer'),
    makeSshKey(directory, 'reader'),
    makeSshKey(directory, 'stranger'),
  ]);
  const repositories = join(directory, 'repositories');
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', join(repositories, 'hello.git')]);
  sshd = await startSshd({ repositories, authorizedKeys: [writer.publicKey], readOnlyKeys: [reader.publicKey] });
  writeFileSync(join(directory, 'known_hosts'), `${sshd.knownHosts}\n`);
});
afterAll(async () => {
  await sshd?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** git with the key, the known host and nothing of the machine's own configuration. */
function git(key: SshKey, ...commandLine: string[]): Promise<{ stdout: string; stderr: string }> {
  return gitWith({}, key, ...commandLine);
}

function gitWith(environment: Record<string, string>, key: SshKey, ...commandLine: string[]) {
  const knownHosts = join(directory, 'known_hosts');
  const options = [
    'IdentitiesOnly=yes',
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${knownHosts}`,
  ];
  const ssh = ['ssh', '-F', 'none', '-i', key.privateKeyFile, ...options.map((option) => `-o${option}`)].join(' ');
  const env = { PATH: process.env['PATH'], HOME: directory, GIT_SSH_COMMAND: ssh, ...environment };
  return run('git', [...identity, ...commandLine], { env });
}

describe('a real sshd that serves git', () => {
  test('lets an authorized key push, and a read-only key clone what was pushed', async () => {
    const work = join(directory, 'work');
    await git(writer, 'clone', '--quiet', `${sshd.url}/hello.git`, work);
    writeFileSync(join(work, 'deploy.yml'), 'image: hello:1.0.0\n');
    await git(writer, '-C', work, 'add', 'deploy.yml');
    await git(writer, '-C', work, 'commit', '--quiet', '-m', 'Deploy hello');
    await git(writer, '-C', work, 'push', '--quiet', 'origin', 'HEAD:main');

    const copy = join(directory, 'copy');
    await git(reader, 'clone', '--quiet', '--branch=main', `${sshd.url}/hello.git`, copy);
    expect(readFileSync(join(copy, 'deploy.yml'), 'utf8')).toBe('image: hello:1.0.0\n');
    await expect(git(reader, '-C', copy, 'push', 'origin', 'HEAD:refs/heads/other')).rejects.toThrow(
      'this key may only fetch',
    );
  });

  test('speaks protocol version 2', async () => {
    const trace = { GIT_TRACE_PACKET: '1' };
    const { stdout, stderr } = await gitWith(trace, reader, 'ls-remote', `${sshd.url}/hello.git`);
    expect(stdout).toMatch(/^[0-9a-f]{40}\tHEAD/);
    expect(stderr).toMatch(/ls-remote< version 2$/m);
  });

  test.each([
    {
      name: 'a key that is not authorized',
      key: () => stranger,
      path: '/hello.git',
      fault: 'Permission denied (publickey)',
    },
    {
      name: 'a path out of the served directory',
      key: () => reader,
      path: '/../hello.git',
      fault: 'below the served directory',
    },
    {
      name: 'a repository that does not exist',
      key: () => reader,
      path: '/none.git',
      fault: 'does not appear to be a git repository',
    },
  ])('refuses $name', async ({ key, path, fault }) => {
    await expect(git(key(), 'ls-remote', `${sshd.url}${path}`)).rejects.toThrow(fault);
  });
});
