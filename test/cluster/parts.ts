import { execFile } from 'node:child_process';
import { accessSync, constants, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ensureInstalledParts } from './installed-parts.ts';
import {
  debianParts,
  type GoBinary,
  type GoPart,
  goParts,
  kwokStageFolders,
  moduleDirectory,
  partDirectory,
  partVersion,
} from './parts-list.ts';

const run = promisify(execFile);
const nextStep = 'run: node test/cluster/parts.ts';

/** Path of a built binary; throws with the command that builds it when it is not in the cache. */
export function partPath(binary: GoBinary): string {
  const part = goParts.find((candidate) => candidate.binary === binary);
  const path = part && join(partDirectory(part.module), binary);
  if (!path || !existsSync(path)) throw new Error(`${binary}: expected at ${path}, found nothing; ${nextStep}`);
  return path;
}

/** Paths of kwok's stage files of one folder such as `pod/fast`, sorted; throws when they are not in the cache. */
export function kwokStages(folder: (typeof kwokStageFolders)[number]): readonly string[] {
  const directory = stagesDirectory(folder);
  if (!existsSync(directory))
    throw new Error(`kwok stages ${folder}: expected at ${directory}, found nothing; ${nextStep}`);
  return readdirSync(directory)
    .sort()
    .map((file) => join(directory, file));
}

/** Path of a command of a Debian package; throws with the `apt-get install` line when it is missing. */
export function debianPath(command: string): string {
  const path = findCommand(command);
  if (!path) throw new Error(missingPackages([command]));
  return path;
}

/** Finds, installs or builds every part and prints one line for each; throws when Go, a build or a Debian package is missing. */
export async function ensureParts(print: (line: string) => void): Promise<void> {
  const missing = debianParts.map((part) => part.command).filter((command) => !findCommand(command));
  if (missing.length > 0) throw new Error(missingPackages(missing));
  for (const { command } of debianParts) print(`${command}: found at ${findCommand(command)}`);
  for (const part of goParts) {
    const label = `${part.binary} ${partVersion(part.module)}`;
    const path = join(partDirectory(part.module), part.binary);
    if (isComplete(part)) {
      print(`${label}: found at ${path}`);
      continue;
    }
    const started = performance.now();
    await build(part);
    print(`${label}: built in ${Math.round((performance.now() - started) / 1000)} s at ${path}`);
  }
  await ensureInstalledParts(print);
}

function isComplete(part: GoPart): boolean {
  const stages = part.binary === 'kwok' ? kwokStageFolders.map(stagesDirectory) : [];
  return [join(partDirectory(part.module), part.binary), ...stages].every((path) => existsSync(path));
}

async function build(part: GoPart): Promise<void> {
  const directory = partDirectory(part.module);
  mkdirSync(directory, { recursive: true });
  if (part.binary === 'kwok') await copyStages();
  const stamps = part.stamps(partVersion(part.module)).map((stamp) => `-X ${stamp}`);
  const unfinished = join(directory, `.${part.binary}.${process.pid}`);
  try {
    const flags = ['-trimpath', '-buildvcs=false', '-ldflags', ['-s', '-w', ...stamps].join(' ')];
    await go(part.module, ['build', ...flags, '-o', unfinished, part.package]);
    // The rename is what makes the part exist: an interrupted build leaves nothing that looks finished.
    renameSync(unfinished, join(directory, part.binary));
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/** Kept beside the binary so that running needs neither Go nor its module cache. */
async function copyStages(): Promise<void> {
  await go('kwok', ['mod', 'download', 'sigs.k8s.io/kwok']);
  const source = await go('kwok', ['list', '-m', '-f', '{{.Dir}}', 'sigs.k8s.io/kwok']);
  for (const folder of kwokStageFolders) {
    const target = stagesDirectory(folder);
    const unfinished = `${target}.${process.pid}`;
    mkdirSync(unfinished, { recursive: true });
    const from = join(source.trim(), 'kustomize', 'stage', folder);
    for (const file of readdirSync(from).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')) {
      copyFileSync(join(from, file), join(unfinished, file));
    }
    rmSync(target, { recursive: true, force: true });
    renameSync(unfinished, target);
  }
}

async function go(module: GoPart['module'], commandLine: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run('go', commandLine, {
      cwd: moduleDirectory(module),
      env: { ...process.env, CGO_ENABLED: '0' },
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new Error(`${module}: expected Go 1.26 or newer on the PATH to build it, found no go command`, {
        cause: error,
      });
    }
    throw new Error(
      `${module}: go ${commandLine[0]} failed: ${(error as { stderr?: string }).stderr ?? String(error)}`,
      { cause: error },
    );
  }
}

function stagesDirectory(folder: string): string {
  return join(partDirectory('kwok'), 'stages', folder.replace('/', '-'));
}

function findCommand(command: string): string | undefined {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, command));
  const alternatives = debianParts.find((part) => part.command === command)?.alternatives ?? [];
  return [...onPath, ...alternatives].find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function missingPackages(commands: readonly string[]): string {
  const packages = new Set(
    commands.map((command) => debianParts.find((part) => part.command === command)?.package ?? command),
  );
  return `expected the commands ${commands.join(', ')}, found none of them; run: apt-get install ${[...packages].join(' ')}`;
}

if (import.meta.main) {
  await ensureParts(console.log).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
