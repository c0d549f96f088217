import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSluiceError, type SluiceError } from '../errors.ts';
import { branchRef, repositoryAddress, withoutUser } from './address.ts';
import { openClone } from './clone.ts';
import { credentialEnvironment, type GitCredentials } from './credentials.ts';

export interface MirrorOptions {
  /** `https://…`, `ssh://…`, `user@host:path`, `file://…` or a path. */
  readonly url: string;
  readonly credentials: GitCredentials;
  /** Where mirrors are kept; each has a folder of its own. */
  readonly directory: string;
  /** For one call of git. */
  readonly timeoutMillis: number;
}

/** A shallow bare clone that is kept between uses. It is a cache: a damaged one is thrown away and made anew. */
export interface Mirror {
  /** The head of a branch, asked of the host now; its tree is here afterwards. @throws SluiceError `git-…` */
  fetchHead(branch: string): Promise<string>;
  /** Runs git in the clone, without speaking to the host. */
  local(command: readonly string[], input?: string | Buffer): Promise<Buffer>;
  /** Puts a tag at the host on an object, wherever it was before. The only ref that is ever forced. */
  forceTag(tag: string, object: string): Promise<void>;
  /** Throws the clone away because of what was found in it, and gives the error to throw. */
  damaged(found: string): Promise<SluiceError>;
}

/** Another process is at work in the same clone. */
const CONTENDED = /Unable to create '.+\.lock': File exists|cannot lock ref|shallow file has changed/;
const LOCK = /Unable to create '(.+\.lock)': File exists/;
const LOCK_PAUSE_MILLIS = 50;
/** Of so many revisions it is known that they were here. */
const MAX_GIVEN = 100;

/**
 * Opens the mirror of a repository; nothing is asked of the host yet. Several mirrors and processes may use one
 * directory.
 *
 * @throws SluiceError `config-invalid` for a URL that git would take for an option or a command
 */
export function openMirror({ url, credentials, directory, timeoutMillis }: MirrorOptions): Mirror {
  const address = repositoryAddress(url);
  const subject = `repository ${withoutUser(url)}`;
  const environment = credentialEnvironment(address, credentials);
  const home = join(directory, createHash('sha256').update(address).digest('hex').slice(0, 32));
  const clone = openClone(home, subject, timeoutMillis);
  const inTurn = queue();
  /** Heads whose trees are here. */
  const heads = new Map<string, string>();
  /** Revisions that callers may still ask for, the latest last. */
  const given = new Set<string>();
  const waiting = new Map<string, Promise<string>>();

  const give = (branch: string, revision: string) => {
    heads.set(branch, revision);
    given.delete(revision);
    given.add(revision);
    const [oldest] = given;
    if (given.size > MAX_GIVEN && oldest !== undefined) {
      given.delete(oldest);
    }
    return revision;
  };
  const remote = async (command: readonly string[]) => (await clone.run(command, { environment })).toString('utf8');
  const knownHead = async (branch: string) => {
    const known = heads.get(branch) ?? (await resolveRef(branch).catch(() => undefined));
    return known;
  };
  const resolveRef = async (branch: string) =>
    (await clone.run(['rev-parse', '--verify', '--quiet', keptRef(branch)])).toString('utf8').trim();
  const askHead = async (branch: string) => {
    const ref = branchRef(branch);
    const lines = (await remote(['ls-remote', '--', address, ref])).split('\n').map((line) => line.split('\t'));
    return lines.find(([, name]) => name === ref)?.[0];
  };
  const fetch = async (branch: string) => {
    await clone.discardOvergrown();
    const refspec = `+${branchRef(branch)}:${keptRef(branch)}`;
    await remote(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--depth=1', '--', address, refspec]);
    return give(branch, await resolveRef(branch));
  };
  const fetchUnlocked = async (branch: string, since = performance.now()): Promise<string> => {
    try {
      return await fetch(branch);
    } catch (error) {
      if (!isSluiceError(error) || !CONTENDED.test(error.found)) {
        throw error;
      }
      // No call of git lives longer than the time limit: what is in the way for so long was left there.
      const waited = performance.now() - since;
      if (Math.max(waited, await ageMillis(LOCK.exec(error.found)?.[1])) > timeoutMillis) {
        throw await clone.damaged(error.found);
      }
      await sleep(LOCK_PAUSE_MILLIS * (1 + Math.random()));
      return fetchUnlocked(branch, since);
    }
  };
  const headOf = async (branch: string) => {
    const known = await knownHead(branch);
    const { generation } = clone;
    // Asking costs half of fetching; without a clone there is nothing to compare with.
    const isLatest = known !== undefined && known === (await askHead(branch)) && clone.generation === generation;
    return isLatest ? give(branch, known) : fetchUnlocked(branch);
  };
  const headDespiteDamage = async (branch: string) => {
    const { generation } = clone;
    try {
      return await headOf(branch);
    } catch (error) {
      if (clone.generation === generation) {
        throw error;
      }
      heads.clear();
      return fetchUnlocked(branch);
    }
  };

  return {
    async fetchHead(branch) {
      branchRef(branch);
      // Who asks while it has not begun yet shares it: what it will see is as new.
      const shared = waiting.get(branch);
      if (shared !== undefined) {
        return shared;
      }
      const head = inTurn(async () => {
        waiting.delete(branch);
        return headDespiteDamage(branch);
      });
      waiting.set(branch, head);
      return head;
    },
    async local(command, input) {
      try {
        return await clone.run(command, input === undefined ? {} : { input });
      } catch (error) {
        // What was given must be here.
        const isAskedFor = (revision: string) => command.includes(revision) || input?.includes(revision) === true;
        if (isSluiceError(error, 'git-not-found') && [...given].some(isAskedFor)) {
          heads.clear();
          throw await clone.damaged(error.found);
        }
        throw error;
      }
    },
    async forceTag(tag, object) {
      await remote(['push', '--quiet', '--porcelain', '--', address, `+${object}:refs/tags/${tag}`]);
    },
    damaged: async (found) => clone.damaged(found),
  };
}

/** A name without slashes: branch `a` may be deleted, and `a/b` made, between two looks. */
function keptRef(branch: string): string {
  return `refs/sluice/${encodeURIComponent(branch)}`;
}

/** 0 where there is no such file. */
async function ageMillis(file: string | undefined): Promise<number> {
  const now = Date.now();
  const { mtimeMs } = await stat(file ?? '').catch(() => ({ mtimeMs: now }));
  return now - mtimeMs;
}

/** One after the other, in the order of the calls. */
function queue() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work);
    last = next.catch(() => {});
    return next;
  };
}
