import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { debianPath } from './parts.ts';

const run = promisify(execFile);

/** What tells one image from another. */
export interface ImageOptions {
  /** The config blob's `created`. */
  readonly created: Date;
  readonly labels?: Readonly<Record<string, string>>;
  /** Directory whose content becomes the one layer; default none, which makes an image without layers. */
  readonly directory?: string;
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
const made = new Map<string, Promise<TestImage>>();
let workspace: string | undefined;

/** Makes an image of a few hundred bytes with umoci, once for each distinct set of options. */
export function makeImage(options: ImageOptions): Promise<TestImage> {
  const key = JSON.stringify([options.created, options.labels, options.directory]);
  const image = made.get(key) ?? make(options, made.size);
  made.set(key, image);
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
  const digestFile = join(openWorkspace(), `digest-${process.hrtime.bigint()}`);
  const login = credentials ? [`--dest-creds=${credentials.username}:${credentials.password}`] : ['--dest-no-creds'];
  await run(debianPath('skopeo'), [
    '--insecure-policy',
    'copy',
    '--quiet',
    '--dest-tls-verify=false',
    `--format=${format}`,
    `--digestfile=${digestFile}`,
    ...login,
    `oci:${image.layout}`,
    `docker://${host}/${repository}:${tagName}`,
  ]);
  return readFileSync(digestFile, 'utf8').trim();
}

async function make(options: ImageOptions, index: number): Promise<TestImage> {
  const directory = join(openWorkspace(), `layout-${index}`);
  const image = `${directory}:${tag}`;
  const created = options.created.toISOString();
  await umoci('init', '--layout', directory);
  await umoci('new', '--image', image);
  if (options.directory !== undefined) {
    await umoci('insert', '--rootless', '--no-history', '--image', image, options.directory, '/');
  }
  const labels = Object.entries(options.labels ?? {}).map(([name, value]) => `--config.label=${name}=${value}`);
  // History entries carry the time of the call, which would give every call another digest.
  await umoci(
    'config',
    '--no-history',
    '--image',
    image,
    `--created=${created}`,
    '--architecture=amd64',
    '--os=linux',
    ...labels,
  );
  const { manifests } = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as {
    manifests: { digest: string }[];
  };
  return { layout: image, digest: manifests[0]?.digest ?? '' };
}

function umoci(...commandLine: string[]): Promise<unknown> {
  return run(debianPath('umoci'), commandLine);
}

function openWorkspace(): string {
  if (workspace === undefined) {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-images-'));
    process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
    workspace = directory;
  }
  return workspace;
}
