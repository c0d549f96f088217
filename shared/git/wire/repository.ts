import { isSluiceError } from '../../errors.ts';
import { SerialQueue } from '../../serial-queue.ts';
import { branchRef } from '../address.ts';
import { GivenHeads } from './given-heads.ts';
import { latestCommits } from './history.ts';
import { Host, type HostOptions, type WantedOf } from './host.ts';
import { type GitObject, objectId } from './object.ts';
import { ObjectStore } from './object-store.ts';
import { moveRequest, readReport } from './receive-pack.ts';
import { RefusedHeads } from './refused-heads.ts';
import { broken } from './repository-failure.ts';
import { readAdvertisement } from './upload-pack.ts';

export interface RepositoryOptions extends HostOptions {
  /** Larger files are not fetched, where the host can leave them out, and not kept. */
  readonly maxFileBytes: number;
}

/** A repository at a host, spoken to in Git's own protocol, without the git command; what was read stays in memory. */
export class RemoteRepository {
  /** The trees and files of the heads that were given. */
  readonly objects: ObjectStore;
  readonly #host: Host;
  readonly #maxFileBytes: number;
  readonly #heads: GivenHeads;
  readonly #refused = new RefusedHeads();
  readonly #waiting = new Map<string, Promise<string>>();
  readonly #queue = new SerialQueue();

  /** Nothing is asked of the host yet. @throws SluiceError `config-invalid` */
  constructor(options: RepositoryOptions) {
    this.#host = new Host(options);
    this.#maxFileBytes = options.maxFileBytes;
    this.objects = new ObjectStore(options.maxFileBytes);
    this.#heads = new GivenHeads(this.objects);
  }

  /** The head of a branch, asked of the host now; its files are in `objects` afterwards. @throws SluiceError `git-…` */
  async fetchHead(branch: string): Promise<string> {
    branchRef(branch);
    // Who asks while it has not begun yet shares it: what it will see is as new.
    const shared = this.#waiting.get(branch);
    if (shared !== undefined) {
      return shared;
    }
    const head = this.#queue.run(async () => {
      this.#waiting.delete(branch);
      return this.#fetchNew(branch);
    });
    this.#waiting.set(branch, head);
    return head;
  }

  /** The latest commits of a branch, asked of the host now, the head first. */
  async fetchHistory(branch: string, depth: number): Promise<ReturnType<typeof latestCommits>> {
    const wanted: WantedOf = (commit) => ({ commit, depth, known: [], filter: 'tree:0' });
    const { head, objects } = await this.#fetch(branch, wanted);
    return latestCommits(head, objects ?? new Map(), depth);
  }

  /** The latest commits of a branch with all their files, apart from `objects`; the head is asked of the host now. */
  async fetchPast(branch: string, depth: number): Promise<{ readonly head: string; readonly past: ObjectStore }> {
    const wanted: WantedOf = (commit) => ({ commit, depth, known: [], filter: this.#smallFiles() });
    const { head, objects } = await this.#fetch(branch, wanted);
    const past = new ObjectStore(this.#maxFileBytes);
    past.add(objects ?? []);
    return { head, past };
  }

  /** Whether the host would take objects of us. @throws SluiceError `git-…` where it does not answer */
  async isWritable(): Promise<boolean> {
    try {
      // A host may refuse in the place of its refs, with HTTP 200.
      await this.#host.talk('git-receive-pack', async (conversation) =>
        readAdvertisement(await conversation.advertisement(), this.#host.subject),
      );
      return true;
    } catch (error) {
      if (isSluiceError(error, 'git-unauthorized', 'git-refused', 'git-not-found')) {
        return false;
      }
      throw error;
    }
  }

  /**
   * Moves a branch at the host from one commit to its child. Never forces, and is never sent twice.
   *
   * @param from `''` where the branch is to be made
   * @param added what is new, the commit first
   * @returns the commit
   * @throws SluiceError `git-head-moved` where the branch does not stand exactly at `from`
   */
  async push(
    branch: string,
    from: string,
    added: readonly GitObject[],
    pushOptions: readonly string[] = [],
  ): Promise<string> {
    const { subject, hasBands } = this.#host;
    const ref = branchRef(branch);
    const [commit] = added;
    const to = commit === undefined ? '' : objectId(commit);
    await this.#host.talk('git-receive-pack', async (conversation) => {
      // What the host can do is asked only where it matters: every host can do the rest.
      const isTaking =
        pushOptions.length > 0 &&
        readAdvertisement(await conversation.advertisement(), subject).capabilities.has('push-options');
      const move = { ref, from, to, objects: added, options: isTaking ? pushOptions : [], hasBands };
      readReport(await conversation.reply(moveRequest(move)), ref, subject);
    });
    this.objects.add(added.map((object) => [objectId(object), object] as const));
    this.#heads.add(to);
    return to;
  }

  /** The head of a branch, with its files where they are not here. */
  async #fetchNew(branch: string): Promise<string> {
    const { head, objects } = await this.#refused.guard(branch, async (check) =>
      this.#fetch(branch, (commit) => {
        check(commit);
        return this.objects.has(commit)
          ? undefined
          : { commit, depth: 1, known: this.#heads.told(), filter: this.#smallFiles() };
      }),
    );
    this.objects.add(objects ?? []);
    if (!this.objects.has(head)) {
      throw broken(this.#host.subject, new Error('a pack without the commit that was asked for'));
    }
    this.#heads.add(head);
    return head;
  }

  async #fetch(branch: string, wanted: WantedOf) {
    return this.#host.fetch(branch, wanted, (id) => this.objects.object(id));
  }

  #smallFiles(): `blob:limit=${number}` {
    return `blob:limit=${this.#maxFileBytes + 1}`;
  }
}
