import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, type ReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly content: Buffer;
}

/** Images on a disk: blobs and manifests by digest, tags as small files that hold one. */
export class RegistryStore {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Opens a store below a directory; made where there is none. */
  static async open(directory: string): Promise<RegistryStore> {
    await mkdir(join(directory, 'uploads'), { recursive: true });
    await mkdir(join(directory, 'blobs'), { recursive: true });
    return new RegistryStore(directory);
  }

  /** Begins an upload and returns its id. */
  async beginUpload(): Promise<string> {
    const id = randomUUID();
    await writeFile(this.#uploadFile(id), '');
    return id;
  }

  /** Adds to an upload; returns its length so far, or undefined where there is no such upload. */
  async appendUpload(id: string, body: NodeJS.ReadableStream): Promise<number | undefined> {
    const file = this.#uploadFile(id);
    if ((await bytesOf(file)) === undefined) {
      return undefined;
    }
    await pipeline(body, createWriteStream(file, { flags: 'a' }));
    return bytesOf(file);
  }

  /** Ends an upload as a blob; false where its content is not what the digest says. */
  async finishUpload(id: string, digest: string): Promise<boolean> {
    const file = this.#uploadFile(id);
    const hash = createHash('sha256');
    await pipeline(createReadStream(file), hash);
    if (`sha256:${hash.digest('hex')}` !== digest) {
      await rm(file, { force: true });
      return false;
    }
    await rename(file, this.#blobFile(digest));
    return true;
  }

  /** Returns the length of a blob, or undefined where there is none. */
  async blobBytes(digest: string): Promise<number | undefined> {
    return bytesOf(this.#blobFile(digest));
  }

  readBlob(digest: string): ReadStream {
    return createReadStream(this.#blobFile(digest));
  }

  /** Returns the digest that it is kept by. */
  async putManifest(repository: string, reference: string, mediaType: string, content: Buffer): Promise<string> {
    const digest = contentDigest(content);
    await this.#replace(
      this.#manifestFile(repository, digest),
      Buffer.concat([Buffer.from(`${mediaType}\n`), content]),
    );
    if (!isDigest(reference)) {
      await this.#replace(this.#tagFile(repository, reference), Buffer.from(digest));
    }
    return digest;
  }

  async manifest(repository: string, reference: string): Promise<StoredManifest | undefined> {
    const digest = isDigest(reference) ? reference : (await readText(this.#tagFile(repository, reference)))?.toString();
    if (digest === undefined || digest === '') {
      return undefined;
    }
    const stored = await readText(this.#manifestFile(repository, digest));
    if (stored === undefined) {
      return undefined;
    }
    const line = stored.indexOf('\n');
    return { digest, mediaType: stored.toString('utf8', 0, line), content: stored.subarray(line + 1) };
  }

  /** Undefined where there is no such repository. */
  async tags(repository: string): Promise<readonly string[] | undefined> {
    try {
      return (await readdir(this.#folder(repository, 'tags'))).sort();
    } catch {
      return undefined;
    }
  }

  /** A reader sees the old file or the new one, and never another name beside them. */
  async #replace(file: string, content: Buffer): Promise<void> {
    const temporary = this.#uploadFile(randomUUID());
    await writeFile(temporary, content);
    await mkdir(dirname(file), { recursive: true });
    await rename(temporary, file);
  }

  #uploadFile(id: string): string {
    return join(this.#directory, 'uploads', id);
  }

  #blobFile(digest: string): string {
    return join(this.#directory, 'blobs', digest.replace(':', '-'));
  }

  #manifestFile(repository: string, digest: string): string {
    return join(this.#folder(repository, 'manifests'), digest.replace(':', '-'));
  }

  #tagFile(repository: string, tag: string): string {
    return join(this.#folder(repository, 'tags'), tag);
  }

  #folder(repository: string, kind: 'tags' | 'manifests'): string {
    return join(this.#directory, 'repositories', encodeURIComponent(repository), kind);
  }
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
