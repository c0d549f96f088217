import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { secretReader } from '../../../shared/secrets/secrets.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-secrets-'));
const file = join(directory, 'token');
writeFileSync(file, 'from-file\n');
afterAll(() => rmSync(directory, { recursive: true }));

const read = secretReader({ TOKEN: 'from-environment', EMPTY: '' });

test.each([
  { reference: 'env:TOKEN', text: 'from-environment' },
  { reference: `file:${file}`, text: 'from-file' },
])('reads $reference', async ({ reference, text }) => {
  expect(await read(reference)).toBe(text);
});

test.each([
  { reference: 'env:ABSENT', says: 'secret env:ABSENT: expected its text, found nothing. Set it where' },
  { reference: 'env:EMPTY', says: 'secret env:EMPTY: expected its text, found nothing' },
  { reference: `file:${file}.gone`, says: 'found no readable file (ENOENT' },
  { reference: 'vault:token', says: 'found the name of no store. Use env:, file:, ssm: or secretsmanager:.' },
])('names what is missing behind $reference', async ({ reference, says }) => {
  await expect(read(reference)).rejects.toMatchObject({
    code: 'secret-unavailable',
    message: expect.stringContaining(says),
  });
});
