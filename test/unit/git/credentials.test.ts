import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { credentialEnvironment, readCredentials } from '../../../shared/git/credentials.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-credentials-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----';

describe('the text of a secret', () => {
  test.each([
    { name: 'none', secret: undefined, credentials: { kind: 'none' } },
    { name: 'a token', secret: 'glpat-1', credentials: { kind: 'basic', username: 'oauth2', password: 'glpat-1' } },
    { name: 'user and password', secret: 'me:a:b', credentials: { kind: 'basic', username: 'me', password: 'a:b' } },
  ])('$name', async ({ secret, credentials }) => {
    expect(await readCredentials(secret, undefined, directory)).toEqual(credentials);
  });

  test('a private key is kept where only this user reads it', async () => {
    const home = join(directory, 'keys', '0');
    const credentials = await readCredentials(`${KEY}\n\n`, 'host ssh-ed25519 AAAA', home);
    expect(credentials).toEqual({
      kind: 'ssh',
      privateKeyFile: join(home, 'id'),
      knownHostsFile: join(home, 'known_hosts'),
    });
    // ssh refuses a key without a line break at its end.
    expect(readFileSync(join(home, 'id'), 'utf8')).toBe(`${KEY}\n`);
    expect(readFileSync(join(home, 'known_hosts'), 'utf8')).toBe('host ssh-ed25519 AAAA\n');
    expect(statSync(join(home, 'id')).mode & 0o777).toBe(0o600);
    expect(statSync(home).mode & 0o777).toBe(0o700);
  });

  test('a private key without known hosts: config-invalid', async () => {
    await expect(readCredentials(KEY, undefined, directory)).rejects.toMatchObject({
      code: 'config-invalid',
      message:
        'credentials: expected knownHosts beside an SSH key, found none. Put the output of `ssh-keyscan HOST`, once checked, where knownHosts points.',
    });
  });
});

describe('the environment of git', () => {
  test('binds a password to the origin', () => {
    const basic = { kind: 'basic', username: 'me', password: 'pässword' } as const;
    expect(credentialEnvironment('https://git.example.com:8443/hello.git', basic)).toEqual({
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'http.https://git.example.com:8443.extraHeader',
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from('me:pässword').toString('base64')}`,
    });
  });

  test.each([{ url: 'git@gitlab.com:a/hello.git' }, { url: 'ssh://git@host/hello.git' }, { url: '/srv/hello.git' }])(
    'has no place for a password at $url: config-invalid',
    ({ url }) => {
      expect(() => credentialEnvironment(url, { kind: 'basic', username: 'me', password: 'secret' })).toThrow(
        expect.objectContaining({
          code: 'config-invalid',
          message: expect.stringMatching(
            /^repository .*hello\.git: expected an SSH key, or an http\(s\) url, found a password or token\./,
          ),
        }),
      );
    },
  );

  test('trusts only the known hosts, and asks nobody', () => {
    const files = { privateKeyFile: "/it's/id", knownHostsFile: '/a b/known_hosts' };
    expect(credentialEnvironment('git@host:a', { kind: 'ssh', ...files })).toEqual({
      GIT_SSH_COMMAND: `ssh -i '/it'\\''s/id' -o 'UserKnownHostsFile="/a b/known_hosts"' -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes -o BatchMode=yes -F none`,
    });
    expect(credentialEnvironment('git@host:a', { kind: 'none' })).toEqual({
      GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o StrictHostKeyChecking=yes',
    });
  });
});
