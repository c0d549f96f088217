import { isSluiceError, messageOf, SluiceError } from '../../errors.ts';
import { limitSignal } from '../../time-limit.ts';
import { branchRef, withoutUser } from '../address.ts';
import type { GitCredentials } from '../credentials.ts';
import { saidBy } from '../failure.ts';
import { latestCommits } from './history.ts';
import { TooMuchError } from './limits.ts';
import { type GitObject, objectId } from './object.ts';
import { type ObjectStore, objectStore } from './object-store.ts';
import { openTransport } from './open-transport.ts';
import { MissingBaseError } from './pack.ts';
import { moveRequest, readReport } from './receive-pack.ts';
import type { Conversation, GitService } from './transport.ts';
import { readAdvertisement, readObjects, type Wanted, wantRequest } from './upload-pack.ts';

export interface RepositoryOptions {
  /** `https://…`, `ssh://…`, `user@host:path`, `file://…` or a path. */
  readonly url: string;
  readonly credentials: GitCredentials;
  /** For one talk with the host. */
  readonly timeoutMillis: number;
  /** Larger files are not fetched, where the host can leave them out, and not kept. */
  readonly maxFileBytes: number;
  /** Milliseconds since 1970; the clock of this machine where it is left out. */
  readonly now?: () => number;
}

/** A repository at a host, spoken to in Git's own protocol, without the git command; what was read stays in memory. */
export interface RemoteRepository {
  /** The trees and files of the heads that were given. */
  readonly objects: ObjectStore;
  /** The head of a branch, asked of the host now; its files are in `objects` afterwards. @throws SluiceError `git-…` */
  fetchHead(branch: string): Promise<string>;
  /** The latest commits of a branch, asked of the host now, the head first. */
  fetchHistory(branch: string, depth: number): Promise<ReturnType<typeof latestCommits>>;
  /** The latest commits of a branch with all their files, apart from `objects`; the head is asked of the host now. */
  fetchPast(branch: string, depth: number): Promise<{ readonly head: string; readonly past: ObjectStore }>;
  /** Whether the host would take objects of us. @throws SluiceError `git-…` where it does not answer */
  isWritable(): Promise<boolean>;
  /**
   * Moves a branch at the host from one commit to its child. Never forces, and is never sent twice.
   *
   * @param from `''` where the branch is to be made
   * @param added what is new, the commit first
   * @returns the commit
   * @throws SluiceError `git-head-moved` where the branch does not stand exactly at `from`
   */
  push(branch: string, from: string, added: readonly GitObject[], options?: readonly string[]): Promise<string>;
}

/** Of so many heads the files are kept. */
const MAX_HEADS = 100;
/** So many of them are told to the host, so that it sends only what is new. */
const MAX_TOLD = 8;
const MIN_SWEEP_BYTES = 8 * 1024 * 1024;

/** Opens a repository; nothing is asked of the host yet. @throws SluiceError `config-invalid` */
export function openRemoteRepository(options: RepositoryOptions): RemoteRepository {
  const { url, credentials, timeoutMillis, maxFileBytes, now = Date.now } = options;
  const subject = `repository ${withoutUser(url)}`;
  const transport = openTransport(url, credentials, timeoutMillis, now);
  const objects = objectStore(maxFileBytes);
  /** Revisions that callers may still ask for, the latest last. */
  const heads = new Set<string>();
  const waiting = new Map<string, Promise<string>>();
  /** By branches: what did not fit. */
  const refused = new Map<string, { readonly commit: string; readonly error: SluiceError }>();
  const inTurn = queue();
  let isFiltering = true;
  /** A host that has bands for what it gives has them for what it takes. */
  let hasBands = true;
  let sweepAtBytes = MIN_SWEEP_BYTES;

  const give = (revision: string) => {
    heads.delete(revision);
    heads.add(revision);
    const [oldest] = heads;
    if (heads.size > MAX_HEADS && oldest !== undefined) {
      heads.delete(oldest);
    }
    if (objects.bytes > sweepAtBytes) {
      objects.keep(heads);
      sweepAtBytes = Math.max(MIN_SWEEP_BYTES, 2 * objects.bytes);
    }
    return revision;
  };
  const talk = async <T>(service: GitService, work: (conversation: Conversation) => Promise<T>): Promise<T> => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(late(subject, timeoutMillis)), timeoutMillis);
    const limit = limitSignal();
    const { signal } = controller;
    const conversation = transport(service, limit === undefined ? signal : AbortSignal.any([signal, limit]));
    try {
      return await work(conversation);
    } catch (error) {
      throw isSluiceError(error) ? error : (tooLarge(subject, error) ?? broken(subject, error));
    } finally {
      clearTimeout(timer);
      conversation.end();
    }
  };
  /** The head of a branch, and what `wanted` makes of it; undefined where it wants nothing. */
  const ask = async (branch: string, wanted: (head: string) => Wanted | undefined) =>
    talk('git-upload-pack', async (conversation) => {
      const { refs, capabilities } = readAdvertisement(await conversation.advertisement(), subject);
      hasBands = capabilities.has('side-band-64k');
      const head = refs.get(branchRef(branch));
      if (head === undefined) {
        throw missing(subject, branch, refs.size === 0);
      }
      const want = wanted(head);
      const reply = want && (await conversation.reply(wantRequest(want, capabilities)));
      return { head, fetched: reply && (await readObjects(reply, subject, capabilities, (id) => objects.object(id))) };
    });
  const askAgain = async (branch: string, wanted: (head: string) => Wanted | undefined) => {
    try {
      return await ask(branch, wanted);
    } catch (error) {
      const { said, cause } = isSluiceError(error)
        ? { said: saidBy(error), cause: error.cause }
        : { said: '', cause: undefined };
      if (cause instanceof MissingBaseError) {
        // What is here is too little to build on, a large file that was let go: everything anew.
        return ask(branch, (commit) => ({ ...(wanted(commit) ?? { commit, depth: 1, filter: undefined }), known: [] }));
      }
      // The branch moved between two requests; or the host knows filters, but not this one.
      if (!/not our ref|not valid|filter/.test(said)) {
        throw error;
      }
      isFiltering &&= !said.includes('filter');
      return ask(branch, wanted);
    }
  };
  const told = () => [...heads].filter((id) => objects.has(id)).slice(-MAX_TOLD);
  const filtered = (filter: Wanted['filter']) => (isFiltering ? filter : undefined);
  /** A head that holds more than it may is not fetched again before its branch moves. */
  const fetchNew = async (branch: string) => {
    let wanted = '';
    try {
      return await askAgain(branch, (commit) => {
        wanted = commit;
        const before = refused.get(branch);
        if (before?.commit === commit) {
          throw before.error;
        }
        return objects.has(commit)
          ? undefined
          : { commit, depth: 1, known: told(), filter: filtered(`blob:limit=${maxFileBytes + 1}`) };
      });
    } catch (error) {
      if (wanted !== '' && isSluiceError(error, 'git-too-large')) {
        refused.set(branch, { commit: wanted, error });
      }
      throw error;
    }
  };
  const headOf = async (branch: string) => {
    const { head, fetched } = await fetchNew(branch);
    refused.delete(branch);
    objects.add(fetched ?? []);
    if (!objects.has(head)) {
      throw broken(subject, new Error('a pack without the commit that was asked for'));
    }
    return give(head);
  };

  return {
    objects,
    async fetchHead(branch) {
      branchRef(branch);
      // Who asks while it has not begun yet shares it: what it will see is as new.
      const shared = waiting.get(branch);
      if (shared !== undefined) {
        return shared;
      }
      const head = inTurn(async () => {
        waiting.delete(branch);
        return headOf(branch);
      });
      waiting.set(branch, head);
      return head;
    },
    async fetchHistory(branch, depth) {
      const { head, fetched } = await askAgain(branch, (commit) => ({
        commit,
        depth,
        known: [],
        filter: filtered('tree:0'),
      }));
      return latestCommits(head, fetched ?? new Map(), depth);
    },
    async fetchPast(branch, depth) {
      const { head, fetched } = await askAgain(branch, (commit) => ({
        commit,
        depth,
        known: [],
        filter: filtered(`blob:limit=${maxFileBytes + 1}`),
      }));
      const past = objectStore(maxFileBytes);
      past.add(fetched ?? []);
      return { head, past };
    },
    async isWritable() {
      try {
        // A host may refuse in the place of its refs, with HTTP 200.
        await talk('git-receive-pack', async (conversation) =>
          readAdvertisement(await conversation.advertisement(), subject),
        );
        return true;
      } catch (error) {
        if (isSluiceError(error, 'git-unauthorized', 'git-refused', 'git-not-found')) {
          return false;
        }
        throw error;
      }
    },
    async push(branch, from, added, pushOptions = []) {
      const ref = branchRef(branch);
      const [commit] = added;
      const to = commit === undefined ? '' : objectId(commit);
      await talk('git-receive-pack', async (conversation) => {
        // What the host can do is asked only where it matters: every host can do the rest.
        const isTaking =
          pushOptions.length > 0 &&
          readAdvertisement(await conversation.advertisement(), subject).capabilities.has('push-options');
        const move = { ref, from, to, objects: added, options: isTaking ? pushOptions : [], hasBands };
        readReport(await conversation.reply(moveRequest(move)), ref, subject);
      });
      objects.add(added.map((object) => [objectId(object), object] as const));
      return give(to);
    },
  };
}

function missing(subject: string, branch: string, isEmpty: boolean): SluiceError {
  const code = 'git-not-found';
  return isEmpty
    ? new SluiceError({ code, subject, found: 'it has no commits yet', next: `Push a first commit to ${branch}.` })
    : new SluiceError({
        code,
        subject,
        expected: `a branch ${branch}`,
        found: 'none',
        next: 'Check the url and the branch in sluice.yml.',
      });
}

function late(subject: string, timeoutMillis: number): SluiceError {
  const found = `no answer within ${timeoutMillis / 1000} s`;
  return new SluiceError({ code: 'git-unavailable', subject, expected: 'an answer of git', found, retryable: true });
}

/** The error for a repository that holds more than it may; undefined for other errors. */
export function tooLarge(subject: string, cause: unknown): SluiceError | undefined {
  if (!(cause instanceof TooMuchError)) {
    return undefined;
  }
  const next = 'Keep large files elsewhere, or manifests in a repository of their own.';
  return new SluiceError({ code: 'git-too-large', subject, expected: cause.expected, found: 'more', next, cause });
}

function broken(subject: string, cause: unknown): SluiceError {
  const details = { subject, expected: 'an answer of git', found: messageOf(cause), retryable: true, cause };
  return new SluiceError({ code: 'git-unavailable', ...details });
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
