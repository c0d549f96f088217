import type { Cache } from '../cache/port.ts';
import { isDigest } from './digest.ts';
import {
  contentOf,
  type ImageLabels,
  type ImageRecord,
  imageLabelsOf,
  type ManifestContent,
  readRecord,
} from './manifest.ts';

/** What a digest names never changes; the limit only lets go of images that nobody asks for. */
const TTL_SECONDS = 30 * 24 * 60 * 60;
/** An index may hold an index: https://github.com/opencontainers/image-spec/blob/main/image-index.md */
const MAX_INDEXES = 2;

/** The reads that a reader of images stands on. They throw SluiceError `registry-…`. */
export interface ManifestPorts {
  readonly host: string;
  readonly cache: Cache;
  manifest(repository: string, reference: string): Promise<{ readonly json: unknown; readonly digest: string }>;
  /** A config's blob, held to its digest. */
  config(repository: string, digest: string): Promise<unknown>;
}

/** Tells images from what else lies in their repositories, and what they say of themselves; both are kept by digest. */
export class ImageReader {
  readonly #ports: ManifestPorts;

  constructor(ports: ManifestPorts) {
    this.#ports = ports;
  }

  /** What an image says of itself; nothing of what is no image. A digest that is known costs no request. */
  async labels(repository: string, tagOrDigest: string): Promise<Partial<ImageLabels> & { readonly digest: string }> {
    const cached = isDigest(tagOrDigest) ? await this.#recall(tagOrDigest) : undefined;
    if (isComplete(cached)) {
      return { digest: tagOrDigest, ...cached.labels };
    }
    const { json, digest } = await this.#ports.manifest(repository, tagOrDigest);
    const known = digest === tagOrDigest ? cached : await this.#recall(digest);
    const { labels } = isComplete(known) ? known : await this.#read(repository, digest, json, true);
    return { digest, ...labels };
  }

  /** What a digest names in the place of an image; undefined where it names one. */
  async notAnImage(repository: string, digest: string): Promise<string | undefined> {
    const known = await this.#recall(digest);
    if (known !== undefined) {
      return known.notAnImage;
    }
    const { json } = await this.#ports.manifest(repository, digest);
    return (await this.#read(repository, digest, json, false)).notAnImage;
  }

  /** The config is one request more, so that it is read only by whoever wants the labels. */
  async #read(repository: string, digest: string, manifest: unknown, withLabels: boolean): Promise<ImageRecord> {
    const { host, cache } = this.#ports;
    let content = contentOf(manifest, host);
    for (let depth = 0; content.kind === 'index' && depth < MAX_INDEXES; depth += 1) {
      content = contentOf((await this.#ports.manifest(repository, content.child)).json, host);
    }
    const record: ImageRecord =
      content.kind === 'image'
        ? { labels: withLabels ? await this.#labelsIn(repository, content) : undefined }
        : { notAnImage: content.kind === 'other' ? content.found : 'indexes within one another, and no end' };
    await cache.set(this.#key(digest), record, TTL_SECONDS);
    return record;
  }

  async #labelsIn(repository: string, { config, created }: Extract<ManifestContent, { kind: 'image' }>) {
    return imageLabelsOf(await this.#ports.config(repository, config), created);
  }

  async #recall(digest: string): Promise<ImageRecord | undefined> {
    return readRecord(await this.#ports.cache.get(this.#key(digest)));
  }

  #key(digest: string): string {
    return `image ${this.#ports.host} ${digest}`;
  }
}

function isComplete(record: ImageRecord | undefined): record is ImageRecord {
  return record?.labels !== undefined || record?.notAnImage !== undefined;
}
