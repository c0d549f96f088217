import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BuiltImage } from '../../cluster/images/built-image.ts';
import { Bundle } from '../../cluster/images/bundle.ts';

/** Bytes of an image: its layers as a registry has them, and its files on a node. */
export async function imageSize(image: BuiltImage): Promise<{ readonly packed: number; readonly unpacked: number }> {
  const manifest = join(image.directory, 'blobs', ...image.digest.split(':'));
  const { layers } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly layers: readonly { size: number }[] };
  const bundle = await Bundle.unpack(image);
  try {
    const { stdout } = await promisify(execFile)('du', ['--summarize', '--bytes', bundle.root]);
    return { packed: layers.reduce((sum, { size }) => sum + size, 0), unpacked: Number.parseInt(stdout, 10) };
  } finally {
    bundle.remove();
  }
}
