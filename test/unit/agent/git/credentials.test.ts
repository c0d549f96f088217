import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { sourceCredentials } from '../../../../infra/agent/git/credentials.ts';
import { sourceSchema } from '../../../../infra/agent/settings/source-settings.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-credentials-'));
afterAll(() => rmSync(directory, { recursive: true }));

const file = (name: string, content: string) => {
  writeFileSync(join(directory, name), content);
  return join(directory, name);
};
const KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nown\n-----END OPENSSH PRIVATE KEY-----';
const HOSTS = 'git.example.com ssh-ed25519 AAAA\n';
const token = file('token', 'agent:secret\n');
const otherKey = file('key', KEY.replace('own', 'other'));
const hosts = file('hosts', HOSTS);
const empty = file('empty', '# nothing yet\n');

const credentials = async (settings: object) =>
  sourceCredentials(sourceSchema.parse(settings), {
    directory: join(directory, 'ssh'),
    stateDir: directory,
    ownKey: async () => KEY,
  });

test.each([
  { name: 'none for HTTPS without a token', settings: { url: 'https://git.example.com/a.git' } },
  { name: 'none for a path', settings: { url: '/srv/a.git' } },
])('$name', async ({ settings }) => {
  expect(await credentials(settings)).toEqual({ kind: 'none' });
});

test('a token from its file', async () => {
  const settings = { url: 'https://git.example.com/a.git', credentials: { tokenFile: token } };
  expect(await credentials(settings)).toEqual({ kind: 'basic', username: 'agent', password: 'secret' });
});

test.each([
  { name: "the agent's own key", settings: { url: 'git@git.example.com:a.git' }, key: KEY },
  {
    name: 'another key',
    settings: { url: 'ssh://git@git.example.com/a.git', credentials: { sshKeyFile: otherKey } },
    key: KEY.replace('own', 'other'),
  },
])('$name for SSH, as ssh wants it', async ({ settings, key }) => {
  const found = await credentials({ ...settings, knownHosts: hosts });
  if (found.kind !== 'ssh') {
    throw new Error(found.kind);
  }
  expect(readFileSync(found.privateKeyFile, 'utf8')).toBe(`${key}\n`);
  expect(statSync(found.privateKeyFile).mode & 0o777).toBe(0o600);
  expect(readFileSync(found.knownHostsFile, 'utf8')).toBe(HOSTS);
});

describe('what lacks is named with the next step', () => {
  const advice = (command: string) =>
    `Run \`${command}\`, check its output against the keys that the host publishes, and put it into the ConfigMap or Secret that --known-hosts names.`;
  test.each([
    {
      fault: 'known hosts',
      settings: { url: 'git@git.example.com:a.git' },
      code: 'config-invalid',
      says: `known hosts ${join(directory, 'known_hosts')}: expected the keys of git.example.com, found no such file. ${advice('ssh-keyscan git.example.com')}`,
    },
    {
      fault: 'known hosts, at another port',
      settings: { url: 'ssh://git@git.example.com:2222/a.git', knownHosts: empty },
      code: 'config-invalid',
      says: `known hosts ${empty}: expected the keys of git.example.com, found # nothing yet. ${advice('ssh-keyscan -p 2222 git.example.com')}`,
    },
    {
      fault: 'the token',
      settings: { url: 'https://git.example.com/a.git', credentials: { tokenFile: '/nowhere/token' } },
      code: 'secret-unavailable',
      says: "/nowhere/token: expected a token, found ENOENT: no such file or directory, open '/nowhere/token'. Check --git-token-file.",
    },
    {
      fault: 'the key',
      settings: { url: 'git@git.example.com:a.git', credentials: { sshKeyFile: '/nowhere/key' }, knownHosts: hosts },
      code: 'secret-unavailable',
      says: "/nowhere/key: expected a private key, found ENOENT: no such file or directory, open '/nowhere/key'. Check --ssh-key.",
    },
  ])('$fault', async ({ settings, code, says }) => {
    await expect(credentials(settings)).rejects.toMatchObject({ code, message: says });
  });
});
