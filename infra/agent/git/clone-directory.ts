import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** By git's own measure for `gc --auto`, near 7000 loose objects: so many in one of the 256 folders, or so many packs. */
const MAX_IN_FOLDER = 27;
const MAX_PACK_FILES = 100;

/** The directory of a bare repository, which other processes may make and throw away as well. */
export class CloneDirectory {
  readonly path: string;
  readonly #init: (directory: string) => Promise<unknown>;

  /** @param init makes a bare repository in an empty directory */
  constructor(path: string, init: (directory: string) => Promise<unknown>) {
    this.path = path;
    this.#init = init;
  }

  isThere(): boolean {
    return existsSync(join(this.path, 'HEAD'));
  }

  /** Makes it where it is not there; it appears whole or not at all. Returns its identity. */
  async make(): Promise<string> {
    if (!this.isThere()) {
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      const fresh = await mkdtemp(`${this.path}.new-`);
      await this.#init(fresh);
      // Where another process was faster, its clone is as good.
      await rename(fresh, this.path).catch(async () => {
        if (!this.isThere()) {
          await this.discard();
          await rename(fresh, this.path).catch(() => {});
        }
      });
      await rm(fresh, { recursive: true, force: true });
    }
    return this.identify();
  }

  async discard(): Promise<void> {
    const away = `${this.path}.old-${randomUUID()}`;
    await rename(this.path, away).catch(() => {});
    await rm(away, { recursive: true, force: true });
  }

  /** Tells it from another that has come to its place; a file system uses inodes again. */
  async identify(): Promise<string> {
    const { ino, birthtimeNs } = await stat(this.path, { bigint: true }).catch(() => ({ ino: 0, birthtimeNs: 0 }));
    return `${ino} ${birthtimeNs}`;
  }

  /** Has so much gathered in it that anew is cheaper than cleaned? */
  async isOvergrown(): Promise<boolean> {
    const [loose, packs] = await Promise.all([this.#count('17'), this.#count('pack')]);
    return loose > MAX_IN_FOLDER || packs > MAX_PACK_FILES;
  }

  async #count(folder: string): Promise<number> {
    return (await readdir(join(this.path, 'objects', folder)).catch(() => [])).length;
  }
}
