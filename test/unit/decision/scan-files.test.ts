import { expect, test } from 'vitest';
import { RepositoryTotals } from '../../../shared/decision/repository-limits.ts';
import { FileScanner } from '../../../shared/decision/scan-files.ts';
import { heldBytes } from '../../fakes/held-bytes.ts';
import { deployment } from '../../fakes/manifests.ts';

const scan = async (scanner: FileScanner, version: number, places: number) => {
  const text = `${deployment(`registry.example.com/hello:1.0.${version}`, 'semver:~1')}---\n`.repeat(places);
  return scanner.scan([{ path: 'a.yml', text, blob: `${version}` }], new RepositoryTotals('repository x'));
};

test('a repository that moves on while it is never read to its end keeps what its files are, not what they were', {
  timeout: 60_000,
}, async () => {
  const scanner = new FileScanner();
  const [first] = await scan(scanner, 0, 200);
  expect((await scan(scanner, 0, 200))[0]).toBe(first);
  const before = heldBytes();
  for (let version = 1; version <= 20; version += 1) {
    await scan(scanner, version, 200);
  }
  expect(heldBytes() - before).toBeLessThan(1.5 * 1024 * 1024);
  expect((await scan(scanner, 0, 200))[0]).not.toBe(first);
});
