import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { runCommand } from '../cluster/images/command.ts';
import { debianPath } from '../cluster/parts.ts';
import { cacheDirectory } from '../cluster/parts-list.ts';

/** What a pipeline of GitLab says, as far as the sample's does. */
interface PipelineFile {
  readonly stages: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly default: { readonly before_script: readonly string[] };
  readonly [job: string]: unknown;
}

interface Job {
  readonly stage: string;
  readonly script: readonly string[];
}

const DOCKER = join(import.meta.dirname, '..', 'cluster', 'images', 'docker.ts');
/** One at a time, as whoever else builds images. */
function dockerCommand(): readonly string[] {
  const lock = [debianPath('flock'), '--no-fork', join(cacheDirectory(), 'image-store.lock')];
  return [...lock, process.execPath, DOCKER];
}

/** A file of the names of its images, a line each. */
const IMAGES = 'images';
const AUTHOR = ['-c', 'user.name=A developer', '-c', 'user.email=developer@localhost', '-c', 'commit.gpgsign=false'];

/** What a pipeline is run with. */
export interface PipelineOptions {
  /** The bare repository. */
  readonly repository: string;
  /** `127.0.0.1:PORT/hello`, where its images go. */
  readonly image: string;
  /** For checkouts; whoever gives it takes it away. */
  readonly directory: string;
}

/** A developer who commits to the sample's branch `main`, and a CI that runs the commands of its .gitlab-ci.yml, with buildah as docker. */
export class SamplePipeline {
  readonly #options: PipelineOptions;

  constructor(options: PipelineOptions) {
    this.#options = options;
    const bin = join(options.directory, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'docker'), `#!/bin/sh\nexec ${dockerCommand().join(' ')} "$@"\n`, { mode: 0o755 });
  }

  /** Commits a change of one file, on top of what is there; returns the commit. */
  async commit(path: string, change: (before: string) => string): Promise<string> {
    const checkout = await this.#checkout('edit');
    const file = join(checkout, path);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    await runCommand('git', ['-C', checkout, ...AUTHOR, 'commit', '--quiet', '--all', `--message=Change ${path}`]);
    await runCommand('git', ['-C', checkout, 'push', '--quiet', 'origin', 'main']);
    return runCommand('git', ['-C', checkout, 'rev-parse', 'HEAD']);
  }

  /** Runs lines of a shell in a fresh checkout, as a developer who types them. */
  async type(lines: readonly string[]): Promise<void> {
    const person = { NAME: 'A developer', EMAIL: 'developer@localhost' };
    const identity = Object.entries(person).flatMap(([key, value]) =>
      ['AUTHOR', 'COMMITTER'].map((role) => [`GIT_${role}_${key}`, value] as const),
    );
    const checkout = await this.#checkout('typed');
    await this.#run(['set -e', `cd ${checkout}`, ...lines].join('\n'), Object.fromEntries(identity));
  }

  /** Runs the pipeline for the head of the branch, as GitLab would; resolves with that commit when all jobs are done. */
  async run(): Promise<string> {
    const checkout = await this.#checkout('build');
    const commit = await runCommand('git', ['-C', checkout, 'rev-parse', 'HEAD']);
    const { image } = this.#options;
    const variables = {
      CI_PROJECT_DIR: checkout,
      CI_COMMIT_SHA: commit,
      CI_COMMIT_REF_SLUG: 'main',
      CI_REGISTRY: image.split('/')[0] ?? '',
      CI_REGISTRY_IMAGE: image,
      CI_REGISTRY_USER: 'ci',
      CI_REGISTRY_PASSWORD: 'anything',
    };
    // Before they are built: whatever ends this process, the next one knows what to take away.
    const names = ['tmp', commit, 'main'].map((tag) => `${image}:${tag}\n`);
    appendFileSync(join(this.#options.directory, IMAGES), names.join(''));
    for (const script of scriptsOf(readFileSync(join(checkout, '.gitlab-ci.yml'), 'utf8'))) {
      await this.#run(script, variables);
    }
    return commit;
  }

  /** Takes its images away; their layers stay cached as long as something else holds them. */
  async stop(): Promise<void> {
    await removeImages(this.#options.directory);
  }

  async #run(script: string, variables: Readonly<Record<string, string>>): Promise<void> {
    const { directory } = this.#options;
    await runCommand('bash', ['-e', '-o', 'pipefail', '-c', script], {
      ...variables,
      PATH: `${join(directory, 'bin')}:${process.env['PATH']}`,
      REGISTRY_AUTH_FILE: join(directory, 'auth.json'),
    });
  }

  async #checkout(name: string): Promise<string> {
    const checkout = join(this.#options.directory, name);
    rmSync(checkout, { recursive: true, force: true });
    await runCommand('git', ['clone', '--quiet', '--branch=main', this.#options.repository, checkout]);
    return checkout;
  }
}

/** Takes away the images of a pipeline, also of one that was killed, by its directory. */
export async function removeImages(directory: string): Promise<void> {
  const list = join(directory, IMAGES);
  const names = new Set(existsSync(list) ? readFileSync(list, 'utf8').split('\n').filter(Boolean) : []);
  for (const name of names) {
    const [command = '', ...commandLine] = dockerCommand();
    // One that was to be built, and was not.
    await runCommand(command, [...commandLine, 'rmi', name]).catch((error: unknown) => {
      if (!String(error).includes('image not known')) throw error;
    });
  }
}

/** A script for each job, in the order of the stages: https://docs.gitlab.com/ci/yaml/#script */
function scriptsOf(text: string): readonly string[] {
  const file = parse(text) as PipelineFile;
  const exports = Object.entries(file.variables).map(([name, value]) => `export ${name}="${value}"`);
  const jobs = Object.values(file).filter((value): value is Job => (value as Partial<Job>).script !== undefined);
  return file.stages
    .flatMap((stage) => jobs.filter((job) => job.stage === stage))
    .map(({ script }) => ['cd "$CI_PROJECT_DIR"', ...exports, ...file.default.before_script, ...script].join('\n'));
}
