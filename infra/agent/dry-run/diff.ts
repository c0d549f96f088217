import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Shown } from './shown.ts';

const MAX_BYTES = 64 * 1024 * 1024;

/** A unified diff of all changes, as git makes it, one file an object. */
export async function diffOf(changes: ReadonlyMap<string, Shown>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-diff-'));
  try {
    for (const [object, shown] of changes) {
      for (const side of ['before', 'after'] as const) {
        if (shown[side] !== '') {
          const file = join(directory, side, `${object}.yaml`);
          await mkdir(dirname(file), { recursive: true });
          await writeFile(file, shown[side], { mode: 0o600 });
        }
      }
    }
    await mkdir(join(directory, 'before'), { recursive: true });
    await mkdir(join(directory, 'after'), { recursive: true });
    const flags = ['diff', '--no-index', '--no-color', '--no-ext-diff', '--no-prefix', 'before', 'after'];
    return await promisify(execFile)('git', flags, { cwd: directory, maxBuffer: MAX_BYTES }).then(
      ({ stdout }) => stdout,
      (error: { readonly code?: unknown; readonly stdout?: string }) => {
        // It ends with 1 where there are differences.
        if (error.code === 1 && error.stdout !== undefined) {
          return error.stdout;
        }
        throw error;
      },
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
