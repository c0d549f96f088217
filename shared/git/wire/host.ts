import { isSluiceError } from '../../errors.ts';
import { limitSignal } from '../../time-limit.ts';
import { branchRef, withoutUser } from '../address.ts';
import type { GitCredentials } from '../credentials.ts';
import { saidBy } from '../failure.ts';
import type { GitObject } from './object.ts';
import { openTransport } from './open-transport.ts';
import { MissingBaseError } from './pack.ts';
import { broken, late, missing, tooLarge } from './repository-failure.ts';
import type { Conversation, GitService, Transport } from './transport.ts';
import { readAdvertisement, readObjects, type Wanted, wantRequest } from './upload-pack.ts';

export interface HostOptions {
  /** `https://…`, `ssh://…`, `user@host:path`, `file://…` or a path. */
  readonly url: string;
  readonly credentials: GitCredentials;
  /** For one talk with the host. */
  readonly timeoutMillis: number;
  /** Milliseconds since 1970; the clock of this machine where it is left out. */
  readonly now?: () => number;
}

/** What is wanted of a branch's head; undefined for nothing. */
export type WantedOf = (head: string) => Wanted | undefined;

/** The head of a branch, and what came of it. */
export interface Fetched {
  readonly head: string;
  readonly objects: ReadonlyMap<string, GitObject> | undefined;
}

/** A host as one repository of it is spoken to, with what was learnt of what it can do. */
export class Host {
  /** How messages name the repository. */
  readonly subject: string;
  readonly #transport: Transport;
  readonly #timeoutMillis: number;
  #isFiltering = true;
  #hasBands = true;

  /** Nothing is asked of it yet. @throws SluiceError `config-invalid` */
  constructor({ url, credentials, timeoutMillis, now = Date.now }: HostOptions) {
    this.subject = `repository ${withoutUser(url)}`;
    this.#transport = openTransport(url, credentials, timeoutMillis, now);
    this.#timeoutMillis = timeoutMillis;
  }

  /** Has it bands for what it takes? It has, where it has them for what it gives. */
  get hasBands(): boolean {
    return this.#hasBands;
  }

  /** One talk, within its time and that of the work that it is a part of. @throws SluiceError `git-…` */
  async talk<T>(service: GitService, work: (conversation: Conversation) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(late(this.subject, this.#timeoutMillis)), this.#timeoutMillis);
    const limit = limitSignal();
    const { signal } = controller;
    const conversation = this.#transport(service, limit === undefined ? signal : AbortSignal.any([signal, limit]));
    try {
      return await work(conversation);
    } catch (error) {
      throw isSluiceError(error) ? error : (tooLarge(this.subject, error) ?? broken(this.subject, error));
    } finally {
      clearTimeout(timer);
      conversation.end();
    }
  }

  /**
   * Fetches of the head of a branch, and asks again where a second request can mend what a first failed of.
   *
   * @param known what is here already
   * @throws SluiceError `git-…`
   */
  async fetch(branch: string, wanted: WantedOf, known: (id: string) => GitObject | undefined): Promise<Fetched> {
    try {
      return await this.#fetchOnce(branch, wanted, known);
    } catch (error) {
      const { said, cause } = isSluiceError(error)
        ? { said: saidBy(error), cause: error.cause }
        : { said: '', cause: undefined };
      if (cause instanceof MissingBaseError) {
        // What is here is too little to build on, a large file that was let go: everything anew.
        const anew: WantedOf = (commit) => ({
          ...(wanted(commit) ?? { commit, depth: 1, filter: undefined }),
          known: [],
        });
        return this.#fetchOnce(branch, anew, known);
      }
      // The branch moved between two requests; or the host knows filters, but not this one.
      if (!/not our ref|not valid|filter/.test(said)) {
        throw error;
      }
      this.#isFiltering &&= !said.includes('filter');
      return this.#fetchOnce(branch, wanted, known);
    }
  }

  async #fetchOnce(branch: string, wanted: WantedOf, known: (id: string) => GitObject | undefined): Promise<Fetched> {
    return this.talk('git-upload-pack', async (conversation) => {
      const { refs, capabilities } = readAdvertisement(await conversation.advertisement(), this.subject);
      this.#hasBands = capabilities.has('side-band-64k');
      const head = refs.get(branchRef(branch));
      if (head === undefined) {
        throw missing(this.subject, branch, refs.size === 0);
      }
      const want = wanted(head);
      if (want === undefined) {
        return { head, objects: undefined };
      }
      const filter = this.#isFiltering ? want.filter : undefined;
      const reply = await conversation.reply(wantRequest({ ...want, filter }, capabilities));
      return { head, objects: await readObjects(reply, this.subject, capabilities, known) };
    });
  }
}
