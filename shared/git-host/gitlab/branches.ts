import { isSluiceError, SluiceError } from '../../errors.ts';
import { branchRef } from '../../git/address.ts';
import { isRevision } from '../../git/revision.ts';
import * as z from '../../schema.ts';
import { type Comparison, HISTORY_DEPTH, type PastCommit } from '../port.ts';
import { unlessTooLarge } from '../too-large.ts';
import type { RepositoryCache } from './cache.ts';
import type { GitLabClient } from './client.ts';

const commit = z.object({ id: z.string().check(z.regex(/^[0-9a-f]{40,64}$/)) });
const projectReply = z.object({ empty_repo: z.boolean() });
const branchReply = z.object({ commit });
const historyReply = z.array(
  z.extend(commit, { message: z.string(), committed_date: z.string(), parent_ids: z.array(z.string()) }),
);
const compareReply = z.object({
  commit: z.nullable(commit),
  diffs: z.nullish(z.array(z.object({ old_path: z.string(), new_path: z.string() }))),
  compare_timeout: z.boolean(),
  compare_same_ref: z.boolean(),
});

/** What is asked of a branch; each question is one request, as a rule. */
export class Branches {
  readonly #client: GitLabClient;
  readonly #cache: RepositoryCache;

  constructor(client: GitLabClient, cache: RepositoryCache) {
    this.#client = client;
    this.#cache = cache;
  }

  /** The head of a branch: https://docs.gitlab.com/api/branches/#get-single-repository-branch */
  async head(branch: string): Promise<string> {
    branchRef(branch);
    const { branches, address } = this.#client;
    const reply = await this.#orEmpty(async () => branches.show(address.path, branch));
    const head = this.#client.read(branchReply, reply).commit.id;
    this.#cache.gave(head);
    return head;
  }

  /** The head of a branch; undefined where there is no such branch. */
  async headIfAny(branch: string): Promise<string | undefined> {
    try {
      return await this.head(branch);
    } catch (error) {
      if (isSluiceError(error, 'git-not-found')) {
        return undefined;
      }
      throw error;
    }
  }

  /**
   * The head, and the paths that differ there, in one request; a second one where GitLab cannot compare.
   *
   * @see https://docs.gitlab.com/api/repositories/#compare-branches-tags-or-commits
   */
  async compare(revision: string, branch: string): Promise<Comparison> {
    // In full: a tag may have the name of the branch.
    const ref = branchRef(branch);
    const reply = isRevision(revision) ? await this.#comparison(revision, ref) : undefined;
    if (reply?.compare_same_ref === true) {
      this.#cache.gave(revision);
      return { head: revision, changed: [] };
    }
    // Nothing is ahead where a branch was set back; what else it differs in belongs to a head that is not named.
    if (reply === undefined || reply.commit === null) {
      return { head: await this.head(branch), changed: undefined };
    }
    const diffs = reply.compare_timeout ? undefined : reply.diffs;
    const changed = diffs?.flatMap(({ old_path: from, new_path: to }) => (from === to ? [to] : [from, to]));
    this.#cache.gave(reply.commit.id);
    return { head: reply.commit.id, changed };
  }

  /** The latest commits: https://docs.gitlab.com/api/commits/#list-repository-commits */
  async history(branch: string): Promise<readonly PastCommit[]> {
    const { commits, address } = this.#client;
    const options = { refName: branchRef(branch), perPage: HISTORY_DEPTH, page: 1 };
    const reply = await this.#orEmpty(async () => commits.all(address.path, options));
    const history = this.#client.read(historyReply, reply);
    this.#cache.saw(branch, history[0]?.id ?? '');
    return history.map(({ id, message, committed_date: date, parent_ids: parents }) => ({
      revision: id,
      message,
      committedAt: Date.parse(date),
      parents,
    }));
  }

  /** Undefined where the host knows no such revision, or tells more of the difference than may be read. */
  async #comparison(revision: string, ref: string) {
    const { repositories, address } = this.#client;
    try {
      const reply = await unlessTooLarge(repositories.compare(address.path, revision, ref, { straight: true }));
      return reply && this.#client.read(compareReply, reply);
    } catch (error) {
      if (isSluiceError(error, 'git-not-found')) {
        return undefined;
      }
      throw error;
    }
  }

  /**
   * A branch that is missing because there is no commit at all is told as that.
   *
   * @see https://docs.gitlab.com/api/projects/#get-a-single-project
   */
  async #orEmpty<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (isSluiceError(error, 'git-not-found') && (await this.#isEmpty())) {
        const { subject } = this.#client.address;
        const next = 'Push a first commit.';
        throw new SluiceError({ code: 'git-not-found', subject, found: 'it has no commits yet', next, cause: error });
      }
      throw error;
    }
  }

  async #isEmpty(): Promise<boolean> {
    const { projects, address } = this.#client;
    try {
      return projectReply.safeParse(await projects.show(address.path)).data?.empty_repo === true;
    } catch {
      // What was asked first is what is told.
      return false;
    }
  }
}
