import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPath } from '../parts.ts';
import { cacheDirectory } from '../parts-list.ts';
import { runCommand } from './command.ts';

/** What a build takes besides its Dockerfile. */
export interface BuildOptions {
  readonly dockerfile: string;
  /** Directory that COPY reads from. */
  readonly context: string;
  /** Image in the store by the word that FROM has for it. */
  readonly bases: ReadonlyMap<string, string>;
  /** Stage to end at; default the last. */
  readonly target?: string | undefined;
  /** `HOST:CONTAINER[:ro]` of what RUN sees and no layer holds. */
  readonly mounts?: readonly string[];
  /** Of buildah, and with `http_proxy` of RUN too. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Images that buildah makes, in a storage of their own with all their layers: what was built once is not built again.
 * One process at a time may use it, that of `build.ts`.
 */
export class ImageStore {
  readonly #directory = join(cacheDirectory(), 'image-store');
  readonly #driver = overlayWorks() ? 'overlay' : 'vfs';

  /** Takes away what a build that was killed left: its containers, and images without a name. */
  async clean(): Promise<void> {
    await this.buildah('rm', '--all');
    await this.buildah('rmi', '--prune', '--force');
  }

  async has(name: string): Promise<boolean> {
    const names = await this.buildah('images', '--format', '{{.Name}}:{{.Tag}}');
    return names.split('\n').includes(name);
  }

  /** Makes an image of one layer under a name; `fill` gets a container and where its root is mounted. */
  async make(name: string, from: string, fill: (container: string, root: string) => Promise<void>): Promise<void> {
    const container = await this.buildah('from', '--pull-never', from);
    try {
      await fill(container, await this.buildah('mount', container));
      await this.buildah('umount', container);
      await this.buildah('commit', '--quiet', '--squash', container, name);
    } finally {
      await this.buildah('rm', container);
    }
  }

  /** Builds a Dockerfile as it is; nothing is pulled. Layers of the same commands on the same base are found again. */
  async build(name: string, options: BuildOptions): Promise<void> {
    const { dockerfile, context, bases, target, mounts = [], environment = {} } = options;
    const flags = [
      ...['--isolation=chroot', '--pull-never', '--layers', `--file=${dockerfile}`, `--tag=${name}`],
      // buildah 1.28 looks for the word before it knows the arguments.
      ...[...bases].map(([written, base]) => `--build-context=${written}=docker-image://${base}`),
      ...mounts.map((mount) => `--volume=${mount}`),
      ...(target === undefined ? [] : [`--target=${target}`]),
    ];
    await this.#command(['build', ...flags, context], environment);
  }

  /** Writes an image as an OCI layout with the tag `image`. */
  async export(name: string, directory: string): Promise<void> {
    await this.buildah('push', '--quiet', '--format=oci', name, `oci:${directory}:image`);
  }

  /** @returns what it printed, without white space at its ends */
  async buildah(...commandLine: readonly string[]): Promise<string> {
    return this.#command(commandLine, {});
  }

  async #command(commandLine: readonly string[], environment: Readonly<Record<string, string>>): Promise<string> {
    const at = [`--root=${this.#directory}`, `--runroot=${this.#directory}-run`, `--storage-driver=${this.#driver}`];
    return runCommand(debianPath('buildah'), [...at, ...commandLine], environment);
  }
}

/** With it a layer costs what is in it, without it a copy of all below it. A container's own root may not have it. */
function overlayWorks(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-overlay-'));
  const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) => join(directory, name));
  for (const path of [lower, upper, work, merged]) mkdirSync(String(path));
  try {
    const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
    execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', options, String(merged)], { stdio: 'ignore' });
    execFileSync('umount', [String(merged)]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
