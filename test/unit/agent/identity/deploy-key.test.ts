import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { deployKey } from '../../../../infra/agent/identity/deploy-key.ts';

let directory: string;
beforeEach(() => {
  const parent = mkdtempSync(join(tmpdir(), 'sluice-deploy-key-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  directory = join(parent, 'state');
});

test('is made once, for this user alone, and kept', async () => {
  const { privateKeyFile, publicKey } = await deployKey(directory, 'sluice agent');
  expect(publicKey).toMatch(/^ssh-ed25519 AAAA[\w+/]+=* sluice agent$/);
  expect(statSync(privateKeyFile).mode & 0o777).toBe(0o600);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(await deployKey(directory, 'another comment')).toEqual({ privateKeyFile, publicKey });
});

test('does not need the public file', async () => {
  const { privateKeyFile, publicKey } = await deployKey(directory, 'sluice');
  rmSync(`${privateKeyFile}.pub`);
  expect((await deployKey(directory, 'sluice')).publicKey).toBe(publicKey);
});

test('is made anew where only the public file is left', async () => {
  const before = await deployKey(directory, 'sluice');
  rmSync(before.privateKeyFile);
  const after = await deployKey(directory, 'sluice');
  expect(after.publicKey).toMatch(/^ssh-ed25519 /);
  expect(after.publicKey).not.toBe(before.publicKey);
});

test.each([
  { name: 'spoilt', spoil: (file: string) => writeFileSync(file, 'not a key\n') },
  { name: 'readable by others', spoil: (file: string) => chmodSync(file, 0o644) },
])('a key that is $name: secret-unavailable, and never replaced', async ({ spoil }) => {
  const { privateKeyFile } = await deployKey(directory, 'sluice');
  spoil(privateKeyFile);
  await expect(deployKey(directory, 'sluice')).rejects.toMatchObject({
    code: 'secret-unavailable',
    message: expect.stringMatching(
      /^deploy key .*id_ed25519: expected an SSH key, found .+ssh-keygen \(of openssh-client\)/s,
    ),
  });
});
