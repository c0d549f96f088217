import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../../../shared/errors.ts';

const MEBIBYTE = 1024 * 1024;

/** The limit on what one fetch may bring. Git itself has one for pushes only. */
export interface FetchLimit {
  /** The error for what has come by now, where that is too much. */
  readonly fault: () => Promise<SluiceError | undefined>;
  /** Removes what a fetch that was ended for it left half done. */
  readonly clear: () => Promise<void>;
}

/** Watches the objects of a bare repository that came since now. */
export function watchFetch(home: string, subject: string, maxBytes: number): FetchLimit {
  const objects = join(home, 'objects');
  // Clocks of file systems are coarse.
  const since = Date.now() - 1000;
  const fresh = async () => {
    const entries = await readdir(objects, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    const found = await Promise.all(
      files.map(async (file) => {
        const { mtimeMs, size } = await stat(file).catch(() => ({ mtimeMs: 0, size: 0 }));
        return { file, mtimeMs, size };
      }),
    );
    return found.filter(({ mtimeMs }) => mtimeMs >= since);
  };
  return {
    async fault() {
      const bytes = (await fresh()).reduce((sum, { size }) => sum + size, 0);
      return bytes > maxBytes ? tooLarge(subject, bytes, maxBytes) : undefined;
    },
    async clear() {
      const half = (await fresh()).filter(({ file }) => /[/\\]tmp_[^/\\]*$/.test(file));
      await Promise.all(half.map(async ({ file }) => rm(file, { force: true })));
    },
  };
}

/** What is said of a repository that is larger than it may be. */
export function tooLarge(subject: string, bytes: number, maxBytes: number): SluiceError {
  return new SluiceError({
    code: 'git-too-large',
    subject,
    expected: `at most ${inMebibytes(maxBytes)}`,
    found: `${inMebibytes(bytes)} or more`,
    next: 'Keep large files elsewhere, or raise --git-max-size.',
  });
}

function inMebibytes(bytes: number): string {
  return `${Math.ceil((bytes / MEBIBYTE) * 10) / 10} MiB`;
}
