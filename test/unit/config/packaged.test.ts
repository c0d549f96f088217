import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removePackagedConfig, writePackagedConfig } from '../../../infra/aws/packaged-config.ts';
import { loadConfig } from '../../../shared/config/load.ts';
import { loadPackagedConfig } from '../../../shared/config/packaged.ts';

let directory: string;
let packaged: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-packaged-'));
  packaged = join(directory, 'sluice.packaged.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

test('what is packaged is the same configuration', () => {
  copyFileSync('sluice.example.yml', join(directory, 'sluice.yml'));
  writePackagedConfig(directory, 'sluice.yml');
  expect(loadPackagedConfig(packaged)).toEqual(loadConfig('sluice.example.yml'));
  removePackagedConfig(directory);
  expect(existsSync(packaged)).toBe(false);
});

test.each([
  { what: 'YAML', text: 'registries: []', says: 'sluice.packaged.json: expected JSON, found something else (' },
  { what: 'what is no configuration', text: '[]', says: 'sluice.packaged.json: the file: expected a mapping' },
])('$what is refused', ({ text, says }) => {
  writeFileSync(packaged, text);
  expect(() => loadPackagedConfig(packaged)).toThrow(
    expect.objectContaining({ code: 'config-invalid', message: expect.stringContaining(says) }),
  );
});
