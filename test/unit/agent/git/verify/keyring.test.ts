import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { openKeyring } from '../../../../../infra/agent/git/verify/keyring.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-keyring-'));
afterAll(() => rmSync(directory, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

const SIGNERS = 'bob@example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFxA\n';

let count = 0;
function folder(files: Readonly<Record<string, string>>) {
  count += 1;
  const keys = join(directory, `keys-${count}`);
  mkdirSync(keys);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(keys, name), content);
  }
  return { keys, home: join(directory, `home-${count}`) };
}

test('is made once for the same keys, anew for others, and what killed processes left goes', async () => {
  const { keys, home } = folder({ allowed_signers: SIGNERS });
  mkdirSync(join(home, 'new-keys-left'), { recursive: true });
  const first = await openKeyring(keys, home);
  expect(await openKeyring(keys, home)).toEqual(first);
  writeFileSync(join(keys, 'allowed_signers'), `# none any more\n${SIGNERS}`);
  const second = await openKeyring(keys, home);
  expect(second.id).not.toBe(first.id);
  expect(readdirSync(home).map((name) => join(home, name))).toEqual([second.id]);
});

describe('a folder of keys that is of no use', () => {
  test.each([
    {
      fault: 'without keys',
      files: { 'README.md': 'keys\n' },
      says: /^keys \S+: expected \*\.asc, \*\.gpg or allowed_signers, found none of them\. Put the public keys of those who may sign there\.$/,
    },
    {
      fault: 'with a key that is none',
      files: { 'alice.asc': 'not a key\n' },
      says: /alice\.asc: expected a public key of GPG, found .*no valid OpenPGP data found.* Export it with `gpg --armor --export KEY`\./,
    },
  ])('$fault', async ({ files, says }) => {
    const { keys, home } = folder(files);
    await expect(openKeyring(keys, home)).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringMatching(says),
    });
  });

  test('that is not there', async () => {
    await expect(openKeyring('/nowhere', directory)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^keys \/nowhere: expected a folder with keys, found ENOENT.* Check --verify-keys\.$/,
      ),
    });
  });

  test.each([
    { program: 'gpg', debian: 'gnupg', files: { 'alice.asc': 'a key\n' } },
    { program: 'ssh-keygen', debian: 'openssh-client', files: { allowed_signers: SIGNERS } },
  ])('$program is missing', async ({ program, debian, files }) => {
    const { keys, home } = folder(files);
    vi.stubEnv('PATH', directory);
    await expect(openKeyring(keys, home)).rejects.toMatchObject({
      code: 'config-invalid',
      message: `keys ${keys}: expected ${program}, which checks signatures by these keys, found no such program. Install ${debian}.`,
    });
  });
});
