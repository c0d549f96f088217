import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSluiceError, SluiceError } from '../errors.ts';
import { type GitCall, runGit } from './run-git.ts';

/** What git says of a repository that a crash, a full disk or a person has spoilt. */
const DAMAGED =
  /bad (object|tree object|shallow line|config)|corrupt|not a git repository|unable to (read|unpack)|Could not read [0-9a-f]{40}|Can't load tree|missing (blob|tree|commit)|reference broken|unexpected line in|key does not contain|did not send all necessary objects|(non-directory|not a directory) in the way|unable to create directory/i;

/** By git's own measure for `gc --auto`, near 7000 loose objects: so many in one of the 256 folders, or so many packs. */
const MAX_IN_FOLDER = 27;
const MAX_PACK_FILES = 100;

/** A bare repository on this machine that can be made anew at any time. */
export interface Clone {
  /** How often it was thrown away: whoever sees another number than before may try again. */
  readonly generation: number;
  /** Runs git in it. A damaged clone is thrown away, and the error is retryable then. */
  run(command: readonly string[], more?: Pick<Partial<GitCall>, 'environment' | 'input'>): Promise<Buffer>;
  /** Throws it away because of what was found, and gives the error to throw. */
  damaged(found: string): Promise<SluiceError>;
  /** Throws it away where so much has gathered in it that anew is cheaper than cleaned. */
  discardOvergrown(): Promise<void>;
}

/** A clone in a directory, made when it is first used; other processes may use the same one. */
export function openClone(home: string, subject: string, timeoutMillis: number): Clone {
  let generation = 0;
  let made: Promise<void> | undefined;

  const call = async (directory: string, command: readonly string[], more: Partial<GitCall> = {}) =>
    runGit({ arguments: command, directory, timeoutMillis, subject, ...more });
  const make = async () => {
    if (existsSync(join(home, 'HEAD'))) {
      return;
    }
    await mkdir(dirname(home), { recursive: true, mode: 0o700 });
    const fresh = await mkdtemp(`${home}.new-`);
    await call(fresh, ['init', '--quiet', '--bare', '--template=']);
    await discard();
    // Appears whole or not at all. Where another process was faster, its clone is as good.
    await rename(fresh, home).catch(async () => rm(fresh, { recursive: true, force: true }));
  };
  const discard = async () => {
    const away = `${home}.old-${randomUUID()}`;
    await rename(home, away).catch(() => {});
    await rm(away, { recursive: true, force: true });
  };
  const discardOnce = async (seen: number) => {
    // Of several calls that fail on the same damage, the first throws away.
    if (seen === generation) {
      generation += 1;
      made = undefined;
      await discard();
    }
  };
  const damage = (found: string, cause?: unknown) =>
    new SluiceError({
      code: 'git-unavailable',
      subject,
      expected: 'a sound local clone',
      found,
      next: 'It was thrown away and is made anew.',
      retryable: true,
      cause,
    });

  return {
    get generation() {
      return generation;
    },
    async run(command, more) {
      const seen = generation;
      made ??= make().catch((error: unknown) => {
        made = undefined;
        throw error;
      });
      await made;
      try {
        return await call(home, command, more);
      } catch (error) {
        if (isSluiceError(error) && (DAMAGED.test(error.found) || !existsSync(join(home, 'HEAD')))) {
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

async function count(directory: string): Promise<number> {
  return (await readdir(directory).catch(() => [])).length;
}
