import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { baseFor } from './bases.ts';
import { runCommand } from './command.ts';
import { readStages, type Stage } from './dockerfile.ts';
import { startSnapshotProxy } from './snapshot-proxy.ts';
import { ImageStore } from './store.ts';

/** Whose certificates this machine trusts: it may reach the package registries by a proxy of its own. */
export const TRUST = '/etc/ssl/certs/ca-certificates.crt';

/**
 * Builds a Dockerfile into an OCI layout, with a line to `print` for each step and its seconds. The stages before the
 * last see this machine's Go and its caches of modules and packages, which change no file of theirs; the last sees
 * nothing but its base and Debian's archive.
 */
async function build(
  dockerfile: string,
  context: string,
  directory: string,
  print: (line: string) => void,
): Promise<void> {
  const store = new ImageStore();
  await store.clean();
  const stages = readStages(readFileSync(dockerfile, 'utf8'));
  const names = new Set(stages.map(({ name }) => name));
  const bases = new Map<string, string>();
  for (const { written, image } of stages.filter((stage) => !names.has(stage.image))) {
    await timed(`base ${image}`, print, async () => bases.set(written, await baseFor(store, image)));
  }
  const proxy = await startSnapshotProxy();
  const scratch = mkdtempSync(join(tmpdir(), 'sluice-build-'));
  const options = { dockerfile, context, bases, environment: { http_proxy: proxy.url } };
  try {
    for (const stage of stages.slice(0, -1)) {
      const mounts = [...(await goMounts(stage)), ...registryMounts(scratch)];
      await timed(`stage ${stage.name}`, print, async () =>
        store.build(`localhost/stage/${stage.name}`, { ...options, mounts, target: stage.name }),
      );
    }
    const mounts = stages.length === 1 ? [`${TRUST}:${TRUST}:ro`] : [];
    await timed('image', print, async () => store.build('localhost/image', { ...options, mounts }));
    await timed('layout', print, async () => store.export('localhost/image', directory));
  } catch (error) {
    const refused = proxy.refused().join('\n');
    throw refused === ''
      ? error
      : new Error(`${String(error)}\nwhat nothing pins was asked for:\n${refused}`, { cause: error });
  } finally {
    rmSync(scratch, { recursive: true });
    await proxy.close();
  }
}

/** Go of the very version that the stage's image has, and what this machine has of modules: each is held by its go.sum. */
async function goMounts({ image }: Stage): Promise<readonly string[]> {
  const [, version] = /^golang:(\d+\.\d+\.\d+)-/.exec(image) ?? [];
  if (version === undefined) return [];
  const toolchain = { GOTOOLCHAIN: `go${version}` };
  const found = await runCommand('go', ['env', 'GOROOT', 'GOMODCACHE', 'GOCACHE'], toolchain);
  const [root, modules, packages] = found.split('\n');
  for (const path of [modules, packages]) mkdirSync(String(path), { recursive: true });
  return [`${root}:/usr/local/go:ro`, `${modules}:/go/pkg/mod`, `${packages}:/root/.cache/go-build`];
}

/** npm's cache, whose content a lockfile holds, and whom it and Go are to trust. */
function registryMounts(scratch: string): readonly string[] {
  const npmrc = join(scratch, 'npmrc');
  writeFileSync(npmrc, `cafile=${TRUST}\n`);
  const npm = join(homedir(), '.npm');
  mkdirSync(npm, { recursive: true });
  return [`${TRUST}:${TRUST}:ro`, `${npmrc}:/usr/local/etc/npmrc:ro`, `${npm}:/root/.npm`];
}

async function timed(what: string, print: (line: string) => void, work: () => Promise<unknown>): Promise<void> {
  const started = performance.now();
  await work();
  print(`${what}: ${Math.round((performance.now() - started) / 100) / 10} s`);
}

// One at a time, by flock around this process: the storage has one user, and what a killed one left may go.
if (import.meta.main) {
  const [dockerfile = '', context = '', directory = ''] = process.argv.slice(2);
  if (!existsSync(directory)) {
    const unfinished = `${directory}.${process.pid}`;
    mkdirSync(dirname(directory), { recursive: true });
    try {
      await build(dockerfile, context, unfinished, console.log);
      renameSync(unfinished, directory);
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
}
