import { createHash } from 'node:crypto';
import { SluiceError } from '../errors.ts';

/** Larger files hold no manifests that a person wrote. */
export const MAX_FILE_BYTES = 1024 * 1024;

/** https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md#the-pointer */
const MAX_POINTER_BYTES = 1024;

const MANIFEST = /\.(ya?ml|json)$/i;

/** May a file of this name hold manifests? */
export function isManifestPath(path: string): boolean {
  return MANIFEST.test(path);
}

/** Text as it is, its byte-order mark too; undefined for what is not UTF-8 and could not be written back unchanged. */
export function decodeText(content: Buffer): string | undefined {
  const text = content.toString('utf8');
  return Buffer.from(text, 'utf8').equals(content) ? text : undefined;
}

/**
 * The id that Git gives to a file of this content.
 *
 * @see https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
 */
export function blobId(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

/** Has the content this id, of a repository of either object format? */
export function hasBlobId(content: Buffer, id: string): boolean {
  const algorithm = id.length === 64 ? 'sha256' : 'sha1';
  return createHash(algorithm).update(`blob ${content.length}\0`).update(content).digest('hex') === id;
}

/**
 * Is this what stands in the place of a file that Git LFS keeps elsewhere? It holds no sites and is never edited.
 *
 * @see https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md#the-pointer
 */
export function isLfsPointer(text: string): boolean {
  return text.length < MAX_POINTER_BYTES && text.startsWith('version https://git-lfs.github.com/spec/v1\n');
}

/** @throws SluiceError `git-refused` where a pointer of Git LFS stands in the file's place */
export function requireNoPointer(path: string, content: Buffer | undefined): void {
  if (content !== undefined && isLfsPointer(content.toString('utf8', 0, MAX_POINTER_BYTES))) {
    throw new SluiceError({
      code: 'git-refused',
      subject: path,
      expected: 'a regular file',
      found: 'a Git LFS pointer',
    });
  }
}
