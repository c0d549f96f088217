import { stat } from 'node:fs/promises';
import { posix } from 'node:path';

/** What a revision has and its working tree has not: nobody knows what it would say. */
export interface LeftOutFile {
  /** From the root, with `/`. */
  readonly path: string;
  /** `it is a submodule, and those are not fetched` */
  readonly reason: string;
  /** It is a file for certain; anything else may be a folder. */
  readonly isFile: boolean;
}

/** The root of a working tree, as a path. */
const ROOT = '.';

/** What is left out, by where it is missed. */
export class LeftOutIndex {
  readonly #all: readonly LeftOutFile[];
  readonly #byFolder: ReadonlyMap<string, readonly LeftOutFile[]>;

  private constructor(all: readonly LeftOutFile[], byFolder: ReadonlyMap<string, readonly LeftOutFile[]>) {
    this.#all = all;
    this.#byFolder = byFolder;
  }

  /** @param root the folder of the working tree */
  static async of(root: string, left: readonly LeftOutFile[]): Promise<LeftOutIndex> {
    const folders = new Map<string, boolean>([[ROOT, true]]);
    const isThere = async (folder: string) => {
      const known = folders.get(folder) ?? (await isFolder(posix.join(root, folder)));
      folders.set(folder, known);
      return known;
    };
    const byFolder = new Map<string, LeftOutFile[]>();
    for (const one of left) {
      let folder = posix.dirname(one.path);
      while (!(await isThere(folder))) {
        folder = posix.dirname(folder);
      }
      const there = byFolder.get(folder);
      if (there === undefined) {
        byFolder.set(folder, [one]);
      } else {
        there.push(one);
      }
    }
    return new LeftOutIndex(left, byFolder);
  }

  /** What a folder lacks, at any depth; what a folder below it lacks, and is there, is that one's. */
  in(folder: string): readonly LeftOutFile[] {
    return this.#byFolder.get(folder) ?? [];
  }

  /** What is missed at a path: it itself, or a folder that it is in. */
  at(path: string): LeftOutFile | undefined {
    return this.#all.find((one) => one.path === path || path.startsWith(`${one.path}/`));
  }

  /** The first that a folder lacks, however deep. */
  below(folder: string): LeftOutFile | undefined {
    return this.#all.find((one) => folder === ROOT || one.path.startsWith(`${folder}/`));
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
