import { execFile } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { debianPath } from './parts.ts';
import { cacheDirectory } from './parts-list.ts';

const run = promisify(execFile);

/** What tells one image from another. */
export interface ImageOptions {
  /** The config blob's `created`. */
  readonly created: Date;
  readonly labels?: Readonly<Record<string, string>>;
  /** Directory whose content becomes the one layer; default none, which makes an image without layers. */
  readonly directory?: string;
  /** What a container of it runs; default nothing, which no container can be started from. */
  readonly entrypoint?: readonly string[];
}

/** An image on disk, as an OCI layout. */
export interface TestImage {
  /** `DIRECTORY:TAG`, as skopeo's `oci:` transport takes it. */
  readonly layout: string;
  /** `sha256:…` of the OCI manifest; equal options give equal digests. */
  readonly digest: string;
}

/** How to push. */
export interface PushOptions {
  readonly credentials?: { readonly username: string; readonly password: string };
  /** `oci` (default) keeps the manifest and its digest as they are; `v2s2` converts to Docker's own manifest type. */
  readonly format?: 'oci' | 'v2s2';
}

const tag = 'image';
const making = new Map<string, Promise<TestImage>>();

/** Makes an image of a few hundred bytes with umoci, once for each distinct set of options; it stays in the parts' cache for later runs. */
export function makeImage(options: ImageOptions): Promise<TestImage> {
  const key = createHash('sha256').update(JSON.stringify([options.created, options.labels, options.entrypoint]));
  if (options.directory !== undefined) hashContent(key, options.directory);
  const name = key.digest('hex').slice(0, 32);
  const image = making.get(name) ?? findOrMake(options, join(cacheDirectory(), 'images', name));
  making.set(name, image);
  return image;
}

/** Pushes an image to `host/repository:tag` over plain HTTP with skopeo; returns the digest that the registry knows it by. */
export async function pushImage(
  host: string,
  repository: string,
  tagName: string,
  image: TestImage,
  { credentials, format = 'oci' }: PushOptions = {},
): Promise<string> {
  const login = credentials ? [`--dest-creds=${credentials.username}:${credentials.password}`] : ['--dest-no-creds'];
  const directory = mkdtempSync(join(tmpdir(), 'sluice-push-'));
  const digestFile = join(directory, 'digest');
  const flags = ['--quiet', '--dest-tls-verify=false', `--format=${format}`, `--digestfile=${digestFile}`, ...login];
  const target = `docker://${host}/${repository}:${tagName}`;
  const copy = ['--insecure-policy', 'copy', ...flags, `oci:${image.layout}`, target];
  try {
    await run(debianPath('skopeo'), copy);
    return readFileSync(digestFile, 'utf8').trim();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function findOrMake(options: ImageOptions, directory: string): Promise<TestImage> {
  if (!existsSync(directory)) {
    const unfinished = `${directory}.${process.pid}`;
    mkdirSync(dirname(directory), { recursive: true });
    await make(options, unfinished);
    // Another run may have been quicker with the same image; then this one is not needed.
    if (existsSync(directory)) rmSync(unfinished, { recursive: true });
    else renameSync(unfinished, directory);
  }
  const index = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as { manifests: { digest: string }[] };
  return { layout: `${directory}:${tag}`, digest: index.manifests[0]?.digest ?? '' };
}

async function make(options: ImageOptions, directory: string): Promise<void> {
  const image = `${directory}:${tag}`;
  await umoci('init', '--layout', directory);
  await umoci('new', '--image', image);
  // History entries carry the time of the call, which would give every call another digest.
  if (options.directory !== undefined) {
    await umoci('insert', '--rootless', '--no-history', '--image', image, options.directory, '/');
  }
  const labels = Object.entries(options.labels ?? {}).map(([name, value]) => `--config.label=${name}=${value}`);
  const entrypoint = (options.entrypoint ?? []).map((word) => `--config.entrypoint=${word}`);
  const platform = ['--architecture=amd64', '--os=linux'];
  const created = `--created=${options.created.toISOString()}`;
  await umoci('config', '--no-history', '--image', image, created, ...platform, ...labels, ...entrypoint);
}

function umoci(...commandLine: string[]): Promise<unknown> {
  return run(debianPath('umoci'), commandLine);
}

function hashContent(hash: Hash, directory: string): void {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  for (const path of paths)
    hash
      .update(`${relative(directory, path)}\0`)
      .update(readFileSync(path))
      .update('\0');
}
