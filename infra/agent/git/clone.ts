import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSluiceError, SluiceError } from '../../../shared/errors.ts';
import { type GitCall, runGit } from '../../../shared/git/run-git.ts';
import { isDamage } from './clone-fault.ts';

/** By git's own measure for `gc --auto`, near 7000 loose objects: so many in one of the 256 folders, or so many packs. */
const MAX_IN_FOLDER = 27;
const MAX_PACK_FILES = 100;

type MoreOfCall = Pick<Partial<GitCall>, 'environment' | 'input' | 'fault' | 'isTooMuch' | 'outputFile'>;

/** A bare repository on this machine that can be made anew at any time. */
export interface Clone {
  /** How often it was thrown away: whoever sees another number than before may try again. */
  readonly generation: number;
  /** Runs git in it. A damaged clone is thrown away, and the error is retryable then. */
  run(command: readonly string[], more?: MoreOfCall): Promise<Buffer>;
  /** Throws it away because of what was found, and gives the error to throw. */
  damaged(found: string): Promise<SluiceError>;
  /** Throws it away where so much has gathered in it that anew is cheaper than cleaned. */
  discardOvergrown(): Promise<void>;
}

/** A clone in a directory, made when it is first used; other processes may use the same one. */
export function openClone(
  home: string,
  subject: string,
  limits: Pick<GitCall, 'timeoutMillis' | 'memoryBytes'>,
): Clone {
  let generation = 0;
  /** Which directory it is, once it is there. */
  let made: Promise<string> | undefined;

  const call = async (directory: string, command: readonly string[], more: Partial<GitCall> = {}) =>
    runGit({ arguments: command, directory, subject, ...limits, ...more });
  const isThere = () => existsSync(join(home, 'HEAD'));
  const make = async () => {
    if (!isThere()) {
      await mkdir(dirname(home), { recursive: true, mode: 0o700 });
      const fresh = await mkdtemp(`${home}.new-`);
      await call(fresh, ['init', '--quiet', '--bare', '--template=']);
      // Appears whole or not at all. Where another process was faster, its clone is as good.
      await rename(fresh, home).catch(async () => {
        if (!isThere()) {
          await discard();
          await rename(fresh, home).catch(() => {});
        }
      });
      await rm(fresh, { recursive: true, force: true });
    }
    return identify(home);
  };
  const discard = async () => {
    const away = `${home}.old-${randomUUID()}`;
    await rename(home, away).catch(() => {});
    await rm(away, { recursive: true, force: true });
  };
  /** Of several calls that find it gone or damaged, the first counts. */
  const leave = (seen: number) => {
    const isFirst = seen === generation;
    if (isFirst) {
      generation += 1;
      made = undefined;
    }
    return isFirst;
  };
  const discardOnce = async (seen: number) => {
    if (leave(seen)) {
      await discard();
    }
  };
  const open = async () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
  /** The one that is there now, which another process may have made in the place of ours. */
  const openLatest = async () => {
    const seen = generation;
    const identity = await open();
    if (identity === (await identify(home))) {
      return identity;
    }
    leave(seen);
    return open();
  };
  const damage = (found: string, cause?: unknown) =>
    new SluiceError({
      code: 'git-unavailable',
      subject,
      expected: 'a sound local clone',
      found,
      next: 'It is made anew.',
      retryable: true,
      cause,
    });

  return {
    get generation() {
      return generation;
    },
    async run(command, more) {
      const identity = await openLatest();
      const seen = generation;
      try {
        return await call(home, command, more);
      } catch (error) {
        if (!isSluiceError(error)) {
          throw error;
        }
        if (identity !== (await identify(home))) {
          leave(seen);
          throw damage(`another process threw it away (${error.found})`, error);
        }
        // Git without memory says what git in a damaged clone says, and more.
        if ((isDamage(error, home) && error.code !== 'git-too-large') || !isThere()) {
          await discardOnce(seen);
          throw damage(error.found, error);
        }
        throw error;
      }
    },
    async damaged(found) {
      await discardOnce(generation);
      return damage(found);
    },
    async discardOvergrown() {
      const [loose, packs] = await Promise.all([
        count(join(home, 'objects', '17')),
        count(join(home, 'objects', 'pack')),
      ]);
      if (loose > MAX_IN_FOLDER || packs > MAX_PACK_FILES) {
        await discardOnce(generation);
      }
    },
  };
}

/** Tells a directory from another that has come to its place; a file system uses inodes again. */
async function identify(directory: string): Promise<string> {
  const { ino, birthtimeNs } = await stat(directory, { bigint: true }).catch(() => ({ ino: 0, birthtimeNs: 0 }));
  return `${ino} ${birthtimeNs}`;
}

async function count(directory: string): Promise<number> {
  return (await readdir(directory).catch(() => [])).length;
}
