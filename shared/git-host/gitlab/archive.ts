import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type TarHeader, unpackTar } from 'modern-tar';
import { isSluiceError, messageOf, SluiceError } from '../../errors.ts';
import { isManifestPath, MAX_FILE_BYTES } from '../manifest-file.ts';
import type { GitLabApi } from './rest.ts';

/** A regular file of an archive. */
export interface ArchivedFile {
  readonly path: string;
  /** Undefined where it is larger than is of use. */
  readonly content: Buffer | undefined;
}

/** Unpacked; a small archive may become a large one. */
const MAX_UNPACKED_BYTES = 1024 * 1024 * 1024;
/** A file of many short lines may grow to twice its size by `eol=crlf`. */
const MAX_ARCHIVED_BYTES = 2 * MAX_FILE_BYTES;
/** What git would take for a pattern. */
const PATTERN = /[*?[\]:\\\n]/;

/**
 * The files of a revision that may hold manifests, of a folder where one is given, in one request.
 *
 * @see https://docs.gitlab.com/api/repositories/#get-file-archive
 */
export async function archivedFiles(
  api: GitLabApi,
  revision: string,
  folder: string,
): Promise<readonly ArchivedFile[]> {
  const { body } = await archive(api, revision, PATTERN.test(folder) ? '' : folder);
  return unpack(api.project.subject, body);
}

async function archive(api: GitLabApi, revision: string, folder: string) {
  const project = encodeURIComponent(api.project.path);
  // Pointers of LFS as they are: what an archive puts in their place is no content of Git.
  const query = new URLSearchParams({ sha: revision, include_lfs_blobs: 'false', ...(folder && { path: folder }) });
  const path = `projects/${project}/repository/archive.tar.gz?${query.toString()}`;
  try {
    // Few archives are given in a minute.
    return await api.http({ method: 'GET', path, again: folder === '' });
  } catch (error) {
    // GitLab tells of a folder that is not there as of a fault of its own.
    if (folder !== '' && isSluiceError(error, 'git-not-found', 'git-unavailable')) {
      return archive(api, revision, '');
    }
    throw error;
  }
}

async function unpack(subject: string, body: Buffer): Promise<readonly ArchivedFile[]> {
  let bytes = 0;
  const large: ArchivedFile[] = [];
  const filter = ({ name, type, size }: TarHeader) => {
    bytes += size;
    if (bytes > MAX_UNPACKED_BYTES) {
      throw tooLarge(subject);
    }
    const isManifest = type === 'file' && isManifestPath(name);
    if (isManifest && size > MAX_ARCHIVED_BYTES) {
      large.push({ path: pathOf(name), content: undefined });
    }
    return isManifest && size <= MAX_ARCHIVED_BYTES;
  };
  try {
    const entries = await unpackTar(Readable.toWeb(Readable.from([body]).compose(createGunzip())), { filter });
    const files = entries.map(({ header: { name }, data = new Uint8Array() }) => ({
      path: pathOf(name),
      content: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    }));
    return [...files, ...large];
  } catch (error) {
    throw isSluiceError(error) ? error : unreadable(subject, error);
  }
}

/** Everything is in one folder, named after the project and the commit. */
function pathOf(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}

function tooLarge(subject: string): SluiceError {
  return new SluiceError({
    code: 'git-refused',
    subject,
    expected: `a repository of at most ${MAX_UNPACKED_BYTES / 1024 / 1024} MiB`,
    found: 'a larger one',
    next: 'Name the folders of its manifests in sluice.yml.',
  });
}

function unreadable(subject: string, cause: unknown): SluiceError {
  const found = messageOf(cause);
  return new SluiceError({
    code: 'git-unavailable',
    subject,
    expected: 'a tar.gz archive',
    found,
    retryable: true,
    cause,
  });
}
