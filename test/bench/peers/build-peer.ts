import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from '../../cluster/parts-list.ts';

/** Path of a Go program of this folder; it is built once, with Go 1.26 or newer, and kept with the real parts. */
export async function buildPeer(name: 'flux-ssa' | 'policy'): Promise<string> {
  const source = join(import.meta.dirname, name);
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'main.go']) {
    hash.update(readFileSync(join(source, file)));
  }
  const directory = join(cacheDirectory(), `${name}-${hash.digest('hex').slice(0, 12)}`);
  const binary = join(directory, name);
  if (!existsSync(binary)) {
    mkdirSync(directory, { recursive: true });
    const unfinished = `${binary}.${process.pid}`;
    const environment = { ...process.env, CGO_ENABLED: '0' };
    await promisify(execFile)('go', ['build', '-trimpath', '-o', unfinished, '.'], { cwd: source, env: environment });
    renameSync(unfinished, binary);
  }
  return binary;
}
