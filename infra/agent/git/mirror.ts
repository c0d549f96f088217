import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { isSluiceError, type SluiceError } from '../../../shared/errors.ts';
import { branchRef, repositoryAddress, withoutUser } from '../../../shared/git/address.ts';
import { credentialEnvironment, type GitCredentials } from '../../../shared/git/credentials.ts';
import type { GitCall } from '../../../shared/git/run-git.ts';
import { SerialQueue } from '../../../shared/serial-queue.ts';
import { BranchHeads } from './branch-heads.ts';
import { Clone } from './clone.ts';
import { Fetcher } from './fetch.ts';

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
  const clone = new Clone(home, subject, { timeoutMillis, memoryBytes: options.memoryBytes });
  const remote = { clone, home, address, environment };
  const fetcher = new Fetcher({ ...remote, subject, maxBytes });
  const heads = new BranchHeads({ ...remote, fetcher, timeoutMillis, onFetch: options.onFetch });
  return new Mirror({ clone, address, environment, fetcher, heads });
}

interface MirrorParts {
  readonly clone: Clone;
  readonly address: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly fetcher: Fetcher;
  readonly heads: BranchHeads;
}

/** A shallow bare clone that is kept between uses. It is a cache: a damaged one is thrown away and made anew. */
export class Mirror {
  readonly #parts: MirrorParts;
  readonly #queue = new SerialQueue();
  /** Revisions that callers may still ask for, the latest last. */
  readonly #given = new Set<string>();
  /** What is asked for and has not begun, by branch and revision. */
  readonly #waiting = new Map<string, Promise<string>>();

  constructor(parts: MirrorParts) {
    this.#parts = parts;
  }

  /**
   * Returns the head of a branch, asked of the host now; its tree is here afterwards.
   *
   * @param since a revision: the commits that the head has and it has not are here afterwards too
   * @throws SluiceError `git-…`
   */
  async fetchHead(branch: string, since?: string): Promise<string> {
    branchRef(branch);
    // Who asks while it has not begun yet shares it: what it will see is as new.
    const key = JSON.stringify([branch, since]);
    const shared = this.#waiting.get(key);
    if (shared !== undefined) {
      return shared;
    }
    const head = this.#queue.run(async () => {
      this.#waiting.delete(key);
      return this.#give(await this.#parts.heads.latest(branch, since));
    });
    this.#waiting.set(key, head);
    return head;
  }

  /** Brings a revision here that the branch may have left behind. @throws SluiceError `git-not-found` */
  async fetchRevision(revision: string): Promise<void> {
    await this.#queue.run(async () => this.#parts.fetcher.revision(revision));
  }

  /** Runs git in the clone, without speaking to the host. */
  async local(command: readonly string[], more?: LocalCall): Promise<Buffer> {
    const { clone, heads } = this.#parts;
    try {
      return await clone.run(command, more);
    } catch (error) {
      // What was given must be here.
      const isAskedFor = (revision: string) => command.includes(revision) || more?.input?.includes(revision) === true;
      if (isSluiceError(error, 'git-not-found') && [...this.#given].some(isAskedFor)) {
        heads.forget();
        throw await clone.damaged(error.found);
      }
      throw error;
    }
  }

  /** Puts a tag at the host on an object, wherever it was before. The only ref that is ever forced. */
  async forceTag(tag: string, object: string): Promise<void> {
    const { clone, address, environment } = this.#parts;
    const refspec = `+${object}:refs/tags/${tag}`;
    await clone.run(['push', '--quiet', '--porcelain', '--', address, refspec], { environment });
  }

  /** Throws the clone away because of what was found in it, and returns the error to throw. */
  async damaged(found: string): Promise<SluiceError> {
    return this.#parts.clone.damaged(found);
  }

  #give(revision: string): string {
    this.#given.delete(revision);
    this.#given.add(revision);
    const [oldest] = this.#given;
    if (this.#given.size > MAX_GIVEN && oldest !== undefined) {
      this.#given.delete(oldest);
    }
    return revision;
  }
}
