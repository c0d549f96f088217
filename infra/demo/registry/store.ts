import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, type ReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Images on a disk: blobs and manifests by digest, tags as small files that hold one. */
export interface RegistryStore {
  /** Begins an upload and gives its id. */
  beginUpload(): Promise<string>;
  /** Adds to an upload; its length so far, or undefined where there is no such upload. */
  appendUpload(id: string, body: NodeJS.ReadableStream): Promise<number | undefined>;
  /** Ends an upload as a blob; false where its content is not what the digest says. */
  finishUpload(id: string, digest: string): Promise<boolean>;
  /** Length of a blob, or undefined. */
  blobBytes(digest: string): Promise<number | undefined>;
  readBlob(digest: string): ReadStream;
  putManifest(repository: string, reference: string, mediaType: string, content: Buffer): Promise<string>;
  manifest(repository: string, reference: string): Promise<StoredManifest | undefined>;
  tags(repository: string): Promise<readonly string[] | undefined>;
}

export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly content: Buffer;
}

/** Opens a store below a directory; made where there is none. */
export async function openRegistryStore(directory: string): Promise<RegistryStore> {
  const uploads = join(directory, 'uploads');
  const blobs = join(directory, 'blobs');
  await mkdir(uploads, { recursive: true });
  await mkdir(blobs, { recursive: true });
  const blobFile = (digest: string) => join(blobs, digest.replace(':', '-'));
  const uploadFile = (id: string) => join(uploads, id);
  const folder = (repository: string, kind: 'tags' | 'manifests') =>
    join(directory, 'repositories', encodeURIComponent(repository), kind);

  /** A reader sees the old file or the new one, and never another name beside them. */
  const replace = async (file: string, content: Buffer) => {
    const temporary = uploadFile(randomUUID());
    await writeFile(temporary, content);
    await mkdir(dirname(file), { recursive: true });
    await rename(temporary, file);
  };

  return {
    async beginUpload() {
      const id = randomUUID();
      await writeFile(uploadFile(id), '');
      return id;
    },
    async appendUpload(id, body) {
      if ((await bytesOf(uploadFile(id))) === undefined) {
        return undefined;
      }
      await pipeline(body, createWriteStream(uploadFile(id), { flags: 'a' }));
      return bytesOf(uploadFile(id));
    },
    async finishUpload(id, digest) {
      const hash = createHash('sha256');
      await pipeline(createReadStream(uploadFile(id)), hash);
      if (`sha256:${hash.digest('hex')}` !== digest) {
        await rm(uploadFile(id), { force: true });
        return false;
      }
      await rename(uploadFile(id), blobFile(digest));
      return true;
    },
    blobBytes: async (digest) => bytesOf(blobFile(digest)),
    readBlob: (digest) => createReadStream(blobFile(digest)),
    async putManifest(repository, reference, mediaType, content) {
      const digest = contentDigest(content);
      await replace(
        join(folder(repository, 'manifests'), digest.replace(':', '-')),
        Buffer.concat([Buffer.from(`${mediaType}\n`), content]),
      );
      if (!isDigest(reference)) {
        await replace(join(folder(repository, 'tags'), reference), Buffer.from(digest));
      }
      return digest;
    },
    async manifest(repository, reference) {
      const digest = isDigest(reference)
        ? reference
        : (await readText(join(folder(repository, 'tags'), reference)))?.toString();
      const stored = digest && (await readText(join(folder(repository, 'manifests'), digest.replace(':', '-'))));
      if (digest === undefined || !stored) {
        return undefined;
      }
      const line = stored.indexOf('\n');
      return { digest, mediaType: stored.toString('utf8', 0, line), content: stored.subarray(line + 1) };
    },
    async tags(repository) {
      try {
        return (await readdir(folder(repository, 'tags'))).sort();
      } catch {
        return undefined;
      }
    },
  };
}

export function isDigest(reference: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(reference);
}

export function contentDigest(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

async function readText(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch {
    return undefined;
  }
}

async function bytesOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch {
    return undefined;
  }
}
