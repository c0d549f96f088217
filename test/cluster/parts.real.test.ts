import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { goParts, partVersion } from './parts-list.ts';

const run = promisify(execFile);
const main = join(import.meta.dirname, 'parts.ts');
let emptyDirectory: string;

beforeAll(() => {
  emptyDirectory = mkdtempSync(join(tmpdir(), 'sluice-parts-test-'));
});
afterAll(() => rmSync(emptyDirectory, { recursive: true, force: true }));

describe('node test/cluster/parts.ts', () => {
  test('names each part with its pinned version', async () => {
    const { stdout } = await run(process.execPath, [main]);
    for (const { binary, module } of goParts) expect(stdout).toContain(`${binary} ${partVersion(module)}: found at `);
    expect(stdout).toMatch(/^docker-registry: found at /m);
  });

  test('names every missing Debian package in one message', async () => {
    const started = run(process.execPath, [main], { env: { ...process.env, PATH: emptyDirectory } });
    await expect(started).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /docker-registry, skopeo, umoci.*; run: apt-get install docker-registry skopeo umoci /,
      ),
    });
  });

  test('leaves nothing half-made when a build fails', async () => {
    const env = { ...process.env, SLUICE_PARTS: emptyDirectory, GOFLAGS: '-mod=mod -no-such-flag' };
    await expect(run(process.execPath, [main], { env })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('etcd: go build failed'),
    });
    const etcd = join(emptyDirectory, `etcd-${partVersion('etcd')}`);
    expect(existsSync(etcd) ? readdirSync(etcd) : []).toEqual([]);
  });
});
