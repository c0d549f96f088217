import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSluiceError, type SluiceError } from '../../../shared/errors.ts';
import { branchRef, repositoryAddress, withoutUser } from '../../../shared/git/address.ts';
import { credentialEnvironment, type GitCredentials } from '../../../shared/git/credentials.ts';
import type { GitCall } from '../../../shared/git/run-git.ts';
import { openClone } from './clone.ts';
import { isContention, lockOf } from './clone-fault.ts';
import { keptRef, openFetcher } from './fetch.ts';
import { removeLeftovers } from './leftovers.ts';

export interface MirrorOptions {
  /** `https://…`, `ssh://…`, `user@host:path`, `file://…` or a path. */
  readonly url: string;
  readonly credentials: GitCredentials;
  /** Where mirrors are kept; each has a folder of its own. */
  readonly directory: string;
  /** For one call of git. */
  readonly timeoutMillis: number;
  /** What one fetch may bring; anything where it is left out. */
  readonly maxBytes?: number;
  /** What git may write to of memory; anything where it is left out. */
  readonly memoryBytes?: number;
  /** Is told that a head is fetched which is not here yet: there will be something to do. */
  readonly onFetch?: (() => void) | undefined;
}

/** What a call of git in the clone takes, and what becomes of what it writes. */
export type LocalCall = Pick<Partial<GitCall>, 'input' | 'environment' | 'isTooMuch' | 'outputFile'>;

/** A shallow bare clone that is kept between uses. It is a cache: a damaged one is thrown away and made anew. */
export interface Mirror {
  /**
   * The head of a branch, asked of the host now; its tree is here afterwards.
   *
   * @param since a revision: the commits that the head has and it has not are here afterwards too
   * @throws SluiceError `git-…`
   */
  fetchHead(branch: string, since?: string): Promise<string>;
  /** Brings a revision here that the branch may have left behind. @throws SluiceError `git-not-found` */
  fetchRevision(revision: string): Promise<void>;
  /** Runs git in the clone, without speaking to the host. */
  local(command: readonly string[], more?: LocalCall): Promise<Buffer>;
  /** Puts a tag at the host on an object, wherever it was before. The only ref that is ever forced. */
  forceTag(tag: string, object: string): Promise<void>;
  /** Throws the clone away because of what was found in it, and gives the error to throw. */
  damaged(found: string): Promise<SluiceError>;
}

const LOCK_PAUSE_MILLIS = 50;
/** Of so many revisions it is known that they were here. */
const MAX_GIVEN = 100;

/**
 * Opens the mirror of a repository; nothing is asked of the host yet. Several mirrors and processes may use one
 * directory.
 *
 * @throws SluiceError `config-invalid` for a URL that git would take for an option or a command
 */
export function openMirror(options: MirrorOptions): Mirror {
  const { url, credentials, directory, timeoutMillis, maxBytes = Number.POSITIVE_INFINITY } = options;
  const address = repositoryAddress(url);
  const subject = `repository ${withoutUser(url)}`;
  const environment = credentialEnvironment(address, credentials);
  // Git runs in it: a relative path would begin there.
  const home = join(resolve(directory), createHash('sha256').update(address).digest('hex').slice(0, 32));
  const clone = openClone(home, subject, { timeoutMillis, memoryBytes: options.memoryBytes });
  const fetcher = openFetcher({ clone, home, address, environment, subject, maxBytes });
  const inTurn = queue();
  /** Heads whose trees are here. */
  const heads = new Map<string, string>();
  /** Revisions that callers may still ask for, the latest last. */
  const given = new Set<string>();
  const waiting = new Map<string, Promise<string>>();
  /** Heads that the host sends too much for: they are not asked for again. */
  const refused = new Map<string, { readonly head: string | undefined; readonly error: unknown }>();

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
  const fetch = async (branch: string, since: string | undefined) => {
    options.onFetch?.();
    await removeLeftovers(home, timeoutMillis);
    await clone.discardOvergrown();
    await (since === undefined ? fetcher.head(branch) : fetcher.history(branch, since));
    return give(branch, await resolveRef(branch));
  };
  const fetchUnlocked = async (branch: string, since?: string, began = performance.now()): Promise<string> => {
    try {
      return await fetch(branch, since);
    } catch (error) {
      if (isSluiceError(error, 'git-too-large')) {
        refused.set(branch, { head: await askHead(branch).catch(() => undefined), error });
      }
      if (!isSluiceError(error) || !isContention(error)) {
        throw error;
      }
      // No call of git lives longer than the time limit: what is in the way for so long was left there.
      const waited = performance.now() - began;
      if (Math.max(waited, await ageMillis(lockOf(error))) > timeoutMillis) {
        throw await clone.damaged(error.found);
      }
      await sleep(LOCK_PAUSE_MILLIS * (1 + Math.random()));
      return fetchUnlocked(branch, since, began);
    }
  };
  const headOf = async (branch: string, since: string | undefined) => {
    const known = await knownHead(branch);
    const { generation } = clone;
    const tooLarge = refused.get(branch);
    if (known === undefined && tooLarge === undefined) {
      return fetchUnlocked(branch, since);
    }
    // Asking costs half of fetching.
    const head = await askHead(branch);
    if (tooLarge !== undefined && tooLarge.head === head) {
      throw tooLarge.error;
    }
    refused.delete(branch);
    const isLatest = known !== undefined && known === head && clone.generation === generation;
    const isWhole = isLatest && (since === undefined || (await fetcher.hasHistory(known, since)));
    return isWhole ? give(branch, known) : fetchUnlocked(branch, since);
  };
  const headDespiteDamage = async (branch: string, since: string | undefined) => {
    const { generation } = clone;
    try {
      return await headOf(branch, since);
    } catch (error) {
      if (clone.generation === generation) {
        throw error;
      }
      heads.clear();
      return fetchUnlocked(branch, since);
    }
  };

  return {
    async fetchHead(branch, since) {
      branchRef(branch);
      // Who asks while it has not begun yet shares it: what it will see is as new.
      const key = JSON.stringify([branch, since]);
      const shared = waiting.get(key);
      if (shared !== undefined) {
        return shared;
      }
      const head = inTurn(async () => {
        waiting.delete(key);
        return headDespiteDamage(branch, since);
      });
      waiting.set(key, head);
      return head;
    },
    fetchRevision: async (revision) => inTurn(async () => fetcher.revision(revision)),
    async local(command, more) {
      try {
        return await clone.run(command, more);
      } catch (error) {
        // What was given must be here.
        const isAskedFor = (revision: string) => command.includes(revision) || more?.input?.includes(revision) === true;
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
