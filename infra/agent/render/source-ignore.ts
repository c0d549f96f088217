import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { SluiceError } from '../../../shared/errors.ts';
import { isLfsPointer, LFS_REASON } from './lfs.ts';
import { locate } from './locate.ts';

/** https://fluxcd.io/flux/components/source/gitrepositories/#sourceignore-file */
export const IGNORE_FILE = '.sourceignore';
/** What is left out where no file says anything, of what may be taken for a manifest (fluxcd/pkg, sourceignore.go). */
const DEFAULTS = new Set(['appveyor.yml', 'cloudbuild.yaml', 'codeship-services.yml', 'codeship-steps.yml']);
/** Many times what anybody writes. */
const MAX_FILE_BYTES = 64 * 1024;

/** A line of such a file. */
interface Rule {
  /** What its patterns are from. */
  readonly folder: string;
  readonly matcher: Ignore;
  /** `!deploy` takes in again what was left out. */
  readonly takesIn: boolean;
}

/**
 * Knows what the `.sourceignore` files of a repository leave out. As in Flux, and other than in Git, `!deploy/app`
 * takes in again what is below a folder that was left out; the last line that fits decides.
 */
export class SourceIgnore {
  readonly #root: string;
  readonly #rules = new Map<string, Promise<readonly Rule[]>>();

  /** @param root the repository's folder, itself no symbolic link */
  constructor(root: string) {
    this.#root = root;
  }

  /** Is a file left out? @throws SluiceError `render-failed` where one of the files that say so cannot be read */
  async leavesOut(file: string): Promise<boolean> {
    const rules = await this.#rulesOf(dirname(file));
    if (rules.length === 0) {
      return DEFAULTS.has(basename(file));
    }
    const last = rules.findLast(({ folder, matcher }) => matcher.ignores(relative(folder, file)));
    return last !== undefined && !last.takesIn;
  }

  /** Those of a folder, and of the folders that it is in before them. */
  async #rulesOf(folder: string): Promise<readonly Rule[]> {
    const known = this.#rules.get(folder) ?? this.#read(folder);
    this.#rules.set(folder, known);
    return known;
  }

  async #read(folder: string): Promise<readonly Rule[]> {
    const above = folder === '.' ? [] : await this.#rulesOf(dirname(folder));
    const file = join(folder, IGNORE_FILE);
    const target = await locate(this.#root, file);
    if (target.kind === 'outside') {
      throw refused(file, 'it leads out of the repository');
    }
    if (target.kind === 'nowhere' || target.isFolder) {
      return above;
    }
    if ((await stat(target.path)).size > MAX_FILE_BYTES) {
      throw refused(file, `it has more than ${MAX_FILE_BYTES / 1024} KiB`);
    }
    const text = await readFile(target.path, 'utf8');
    if (isLfsPointer(text)) {
      throw refused(file, LFS_REASON);
    }
    return [...above, ...rulesIn(text, folder)];
  }
}

function rulesIn(text: string, folder: string): readonly Rule[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const takesIn = line.startsWith('!');
    const matcher = ignore({ ignorecase: false }).add([takesIn ? line.slice(1) : line]);
    return { folder, matcher, takesIn };
  });
}

function refused(subject: string, found: string): SluiceError {
  return new SluiceError({ code: 'render-failed', subject, found });
}
