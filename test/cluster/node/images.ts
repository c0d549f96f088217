import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { makeImage, type TestImage } from '../images.ts';
import { debianPath } from '../parts.ts';

/** What a small image holds beside busybox, and what it runs. */
export interface BusyboxImageOptions {
  /** Files by their paths in the image, as text. */
  readonly files?: Readonly<Record<string, string>>;
  /** Executables by their paths in the image, each as the path of a static binary on this machine. */
  readonly binaries?: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
}

const created = new Date('2026-01-01T00:00:00Z');

/** An image of 2 MB whose tools are busybox's, at /bin/busybox; equal options give the same image. */
export async function busyboxImage({ files = {}, binaries = {}, entrypoint }: BusyboxImageOptions): Promise<TestImage> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-busybox-'));
  const place = (path: string): string => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    return join(directory, path);
  };
  try {
    copyFileSync(debianPath('busybox'), place('bin/busybox'));
    for (const [path, binary] of Object.entries(binaries)) copyFileSync(binary, place(path));
    for (const [path, content] of Object.entries(files)) writeFileSync(place(path), content);
    return await makeImage({ created, directory, entrypoint });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** An image whose container answers every GET of `/` on port 8000 with `text`. */
export function pageImage(text: string): Promise<TestImage> {
  const entrypoint = ['/bin/busybox', 'httpd', '-f', '-p', '8000', '-h', '/www'];
  return busyboxImage({ files: { 'www/index.html': text }, entrypoint });
}

/** The image that holds a pod's namespaces, as an archive that `ctr images import` reads under `name`. */
export async function writeSandboxArchive(file: string, name: string): Promise<void> {
  const { layout } = await busyboxImage({ entrypoint: ['/bin/busybox', 'sleep', '2147483647'] });
  const copy = ['--insecure-policy', 'copy', '--quiet', `oci:${layout}`, `docker-archive:${file}:${name}`];
  await promisify(execFile)(debianPath('skopeo'), copy);
}
