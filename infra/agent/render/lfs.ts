import { open } from 'node:fs/promises';

/** As it begins, at the start of a line: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md */
const POINTER = /^version https:\/\/(git-lfs\.github|hawser\.github|hawser)\.com\/spec\//m;

/** Why a file that is kept elsewhere cannot be read. */
export const LFS_REASON = 'it is a pointer of Git LFS, and what it points to is not fetched: keep it in Git itself';

/** Is a text, or a document of it, what Git LFS leaves in the place of a file? */
export function isLfsPointer(text: string): boolean {
  return POINTER.test(text);
}

/** Enough to know a pointer by. */
const HEAD_BYTES = 64;

/** Is a file what Git LFS leaves? Only its first bytes are read. */
export async function isLfsPointerFile(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return isLfsPointer(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await file.close();
  }
}
