import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { credentialEnvironment, readCredentials } from '../../../shared/git/credentials.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-credentials-'));
afterAll(() => rmSync(directory, { recursive: true }));

const KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5\n-----END OPENSSH PRIVATE KEY-----';
const HOSTS = 'git.example.com ssh-ed25519 AAAA';

describe('a secret', () => {
  test.each([
    { secret: undefined, expected: { kind: 'none' } },
    { secret: 'glpat-token', expected: { kind: 'basic', username: 'oauth2', password: 'glpat-token' } },
    { secret: 'robot:secret', expected: { kind: 'basic', username: 'robot', password: 'secret' } },
    { secret: 'robot:se:cret', expected: { kind: 'basic', username: 'robot', password: 'se:cret' } },
    { secret: 'robot:', expected: { kind: 'basic', username: 'robot', password: '' } },
  ])('$secret is $expected.kind', async ({ secret, expected }) => {
    expect(await readCredentials(secret, undefined, join(directory, 'unused'))).toEqual(expected);
  });

  test('that is a key is kept for ssh, readable by this user alone', async () => {
    const keys = join(directory, 'keys', '0');
    const credentials = await readCredentials(`\n${KEY}\r\n`, `${HOSTS}\n\n`, keys);
    expect(credentials).toEqual({
      kind: 'ssh',
      privateKeyFile: join(keys, 'id'),
      knownHostsFile: join(keys, 'known_hosts'),
    });
    expect(readFileSync(join(keys, 'id'), 'utf8')).toBe(`${KEY}\n`);
    expect(readFileSync(join(keys, 'known_hosts'), 'utf8')).toBe(`${HOSTS}\n`);
    expect(statSync(keys).mode % 0o1000).toBe(0o700);
    expect(statSync(join(keys, 'id')).mode % 0o1000).toBe(0o600);
  });

  test('that is a key takes the place of the one before', async () => {
    const keys = join(directory, 'keys', '1');
    await readCredentials(KEY, HOSTS, keys);
    const newer = KEY.replace('bm90', 'bmV3');
    await readCredentials(newer, HOSTS, keys);
    expect(readFileSync(join(keys, 'id'), 'utf8')).toBe(`${newer}\n`);
  });

  test('that is a key needs known hosts', async () => {
    await expect(readCredentials(KEY, undefined, join(directory, 'never'))).rejects.toMatchObject({
      code: 'config-invalid',
      retryable: false,
      message:
        'credentials: expected knownHosts beside an SSH key, found none. ' +
        'Put the output of `ssh-keyscan HOST`, once checked, where knownHosts points.',
    });
  });
});

/** What git makes of the environment. */
function configFor(url: string, environment: Readonly<Record<string, string>>): string {
  const isolation = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', HOME: directory };
  const env = { PATH: process.env['PATH'], ...isolation, ...environment };
  try {
    const command = ['config', '--get-urlmatch', 'http.extraHeader', url];
    return execFileSync('git', command, { cwd: directory, env, encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

describe('a password', () => {
  const basic = { kind: 'basic', username: 'robot', password: 'p:ss ü' } as const;
  const HEADER = `Authorization: Basic ${Buffer.from('robot:p:ss ü').toString('base64')}`;

  test.each([
    { to: 'https://git.example.com/team/hello.git/info/refs', header: HEADER },
    { to: 'https://git.example.com/other.git', header: HEADER },
    { to: 'http://git.example.com/team/hello.git', header: '' },
    { to: 'https://git.example.com:8443/team/hello.git', header: '' },
    { to: 'https://git.example.com.evil.example/team/hello.git', header: '' },
    { to: 'https://other.example.com/team/hello.git', header: '' },
  ])('for https://git.example.com is sent to $to: $header', ({ to, header }) => {
    expect(configFor(to, credentialEnvironment('https://git.example.com/team/hello.git', basic))).toBe(header);
  });

  test('is bound to the port too', () => {
    const environment = credentialEnvironment('http://127.0.0.1:3000/hello.git', basic);
    expect(configFor('http://127.0.0.1:3000/hello.git', environment)).toBe(HEADER);
    expect(configFor('http://127.0.0.1:3001/hello.git', environment)).toBe('');
  });

  test.each(['ssh://git@git.example.com/hello.git', 'git@git.example.com:hello.git', '/srv/git/hello.git'])(
    'does not open %s',
    (url) => {
      expect(() => credentialEnvironment(url, basic)).toThrow('expected an SSH key, or an http(s) url');
    },
  );
});

describe('a key', () => {
  test.each([
    { what: 'plain', folder: '/var/lib/sluice' },
    { what: 'with spaces', folder: '/var/lib/sluice keys' },
    { what: 'with quotes and a dollar', folder: `/var/it's $HOME` },
  ])('is given to ssh by its file, in a folder that is $what', ({ folder }) => {
    const { GIT_SSH_COMMAND } = credentialEnvironment('ssh://git@git.example.com/hello.git', {
      kind: 'ssh',
      privateKeyFile: `${folder}/id`,
      knownHostsFile: `${folder}/known_hosts`,
    });
    // A shell takes the command apart, as it does for git.
    const script = String(GIT_SSH_COMMAND).replace(/^ssh /, "printf '%s\\n' ");
    const env = { PATH: process.env['PATH'], HOME: '/home' };
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8', env }).trim().split('\n')).toEqual([
      '-i',
      `${folder}/id`,
      '-o',
      // ssh itself takes the quotes away.
      `UserKnownHostsFile="${folder}/known_hosts"`,
      ...['-o', 'StrictHostKeyChecking=yes', '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes', '-F', 'none'],
    ]);
  });
});
