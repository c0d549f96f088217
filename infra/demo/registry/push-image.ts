import { gzipSync } from 'node:zlib';
import { SluiceError } from '../../../shared/errors.ts';
import { contentDigest } from './store.ts';

export interface ImageToPush {
  /** `http://127.0.0.1:PORT` */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
  /** When the image says it was built. */
  readonly created: Date;
  /** What its one file holds; the image's digest depends on it. */
  readonly content: string;
}

const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/**
 * Builds an image of one small file and pushes it to a registry that wants no credentials.
 *
 * @returns its digest
 * @see https://github.com/opencontainers/image-spec
 */
export async function pushImage({ registry, repository, tag, created, content }: ImageToPush): Promise<string> {
  const archive = tar('release', Buffer.from(content, 'utf8'));
  const layer = gzipSync(archive);
  const config = Buffer.from(
    JSON.stringify({
      created: created.toISOString(),
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [contentDigest(archive)] },
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: CONFIG, digest: contentDigest(config), size: config.length },
      layers: [{ mediaType: LAYER, digest: contentDigest(layer), size: layer.length }],
    }),
  );
  const base = `${registry}/v2/${repository}`;
  for (const blob of [layer, config]) {
    const begun = await expectStatus(202, fetch(`${base}/blobs/uploads/`, { method: 'POST' }), registry);
    const target = new URL(begun.headers.get('location') ?? '', base);
    target.searchParams.set('digest', contentDigest(blob));
    await expectStatus(201, fetch(target, { method: 'PUT', body: new Uint8Array(blob) }), registry);
  }
  const headers = { 'content-type': MANIFEST };
  const put = fetch(`${base}/manifests/${tag}`, { method: 'PUT', headers, body: new Uint8Array(manifest) });
  await expectStatus(201, put, registry);
  return contentDigest(manifest);
}

async function expectStatus(status: number, asked: Promise<Response>, registry: string): Promise<Response> {
  const reply = await asked;
  await reply.body?.cancel();
  if (reply.status !== status) {
    const subject = `registry ${registry}`;
    throw new SluiceError({
      code: 'registry-unavailable',
      subject,
      expected: `status ${status}`,
      found: `${reply.status}`,
    });
  }
  return reply;
}

/** One file in the ustar form: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06 */
function tar(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  const field = (text: string, offset: number) => header.write(text, offset, 'latin1');
  field(name, 0);
  field('0000644\0', 100);
  field('0000000\0', 108);
  field('0000000\0', 116);
  field(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  field('00000000000\0', 136);
  field('        ', 148);
  field('0', 156);
  field('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  field(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)]);
}
