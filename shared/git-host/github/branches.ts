import { SluiceError } from '../../errors.ts';
import { branchRef } from '../../git/address.ts';
import { isRevision } from '../../git/revision.ts';
import * as z from '../../schema.ts';
import { type Comparison, HISTORY_DEPTH, type PastCommit } from '../port.ts';
import { unlessTooLarge } from '../too-large.ts';
import { type ConditionalRead, conditional } from './api/conditional-requests.ts';
import { advanced, type Change } from './api/snapshot.ts';
import type { RepositoryCache } from './cache.ts';
import type { GitHubClient } from './client.ts';
import { CHECK_URL } from './errors.ts';

const commitSchema = z.object({
  sha: z.string(),
  commit: z.object({ message: z.string(), tree: z.object({ sha: z.string() }) }),
});
const committer = z.object({ date: z.string() });
const parent = z.object({ sha: z.string() });
const historySchema = z.array(
  z.extend(commitSchema, { commit: z.extend(commitSchema.shape.commit, { committer }), parents: z.array(parent) }),
);
const branchSchema = z.object({ name: z.string(), commit: commitSchema });
const comparisonSchema = z.object({
  status: z.enum(['ahead', 'behind', 'diverged', 'identical']),
  total_commits: z.number(),
  commits: z.array(commitSchema),
  files: z._default(
    z.array(
      z.object({
        filename: z.string(),
        previous_filename: z.optional(z.string()),
        status: z.string(),
        sha: z.nullable(z.string()),
      }),
    ),
    [],
  ),
});
type ComparisonReply = z.infer<typeof comparisonSchema>;

/** A comparison shows no more, and says nothing of the rest. */
const MAX_FILES = 300;

/** What is asked of a branch; each question is one request, as a rule. Remembers what comes along. */
export class Branches {
  readonly #client: GitHubClient;
  readonly #cache: RepositoryCache;
  readonly #readBranch: ConditionalRead<z.infer<typeof branchSchema>>;
  readonly #readComparison: ConditionalRead<ComparisonReply>;
  readonly #readHistory: ConditionalRead<z.infer<typeof historySchema>>;

  constructor(client: GitHubClient, cache: RepositoryCache) {
    this.#client = client;
    this.#cache = cache;
    this.#readBranch = conditional(client, branchSchema);
    this.#readComparison = conditional(client, comparisonSchema);
    this.#readHistory = conditional(client, historySchema);
  }

  async head(branch: string): Promise<string> {
    branchRef(branch);
    return (await this.headIfAny(branch)) ?? missing(this.#client, branch);
  }

  /** The head of a branch; undefined where there is no such branch. */
  async headIfAny(branch: string): Promise<string | undefined> {
    const reply = await this.#readBranch(branch, async (request, at) =>
      request('GET /repos/{owner}/{repo}/branches/{branch}', { ...at, branch }),
    );
    // A branch that was renamed is answered by its new name, which cannot be written to by the old one.
    if (reply?.name !== branch) {
      return undefined;
    }
    this.#keepTrees([reply.commit]);
    return reply.commit.sha;
  }

  async compare(revision: string, branch: string): Promise<Comparison> {
    branchRef(branch);
    const reply = isRevision(revision) ? await this.#comparison(`${revision}...${branch}`) : undefined;
    const compared = reply && headOf(reply, revision);
    if (reply === undefined || compared === undefined) {
      return { head: await this.head(branch), changed: undefined };
    }
    this.#keepTrees(reply.commits);
    this.#cache.saw(branch, compared);
    const changes = reply.files.length < MAX_FILES ? changesOf(reply) : undefined;
    if (changes !== undefined && compared !== revision && !this.#cache.snapshot(compared).covers.includes('')) {
      this.#cache.keepSnapshot(compared, advanced(this.#cache.snapshot(revision), changes));
    }
    return { head: compared, changed: changes?.map(([path]) => path) };
  }

  async history(branch: string): Promise<readonly PastCommit[]> {
    branchRef(branch);
    const commits = await this.#readHistory(branch, async (request, at) =>
      request('GET /repos/{owner}/{repo}/commits', { ...at, sha: branch, per_page: HISTORY_DEPTH }),
    );
    const [last] = commits ?? [];
    if (commits === undefined || last === undefined) {
      return missing(this.#client, branch);
    }
    this.#keepTrees(commits);
    this.#cache.saw(branch, last.sha);
    return commits.map(({ sha, commit, parents }) => ({
      revision: sha,
      message: commit.message,
      committedAt: Date.parse(commit.committer.date),
      parents: parents.map((one) => one.sha),
    }));
  }

  async #comparison(basehead: string): Promise<ComparisonReply | undefined> {
    return unlessTooLarge(
      this.#readComparison(basehead, async (request, at) =>
        request('GET /repos/{owner}/{repo}/compare/{basehead}', { ...at, basehead }),
      ),
    );
  }

  #keepTrees(commits: readonly z.infer<typeof commitSchema>[]): void {
    for (const { sha, commit } of commits) {
      this.#cache.keepTree(sha, commit.tree.sha);
    }
  }
}

/** The head that was compared; undefined where it is not told, or what changed is seen from another commit. */
function headOf({ status, commits, total_commits: total }: ComparisonReply, revision: string): string | undefined {
  if (status === 'identical') {
    return revision;
  }
  // Commits come oldest first, and in pages.
  return status === 'ahead' && commits.length === total ? commits.at(-1)?.sha : undefined;
}

/** What is gone comes first: its name may be another file's by now. */
function changesOf({ files }: ComparisonReply): readonly Change[] {
  const gone = files.flatMap(({ status, filename, previous_filename: previous }): Change[] => [
    ...(status === 'removed' ? [[filename, undefined] as const] : []),
    ...(status === 'renamed' && previous !== undefined ? [[previous, undefined] as const] : []),
  ]);
  const there = files.flatMap(({ status, filename, sha: blob }): Change[] =>
    status === 'removed' || blob === null ? [] : [[filename, { mode: undefined, blob, bytes: undefined }]],
  );
  return [...new Map([...gone, ...there])];
}

/** Finds out by one request more whether it is the branch that is missing, or all of it. */
async function missing(client: GitHubClient, branch: string): Promise<never> {
  await client.ask(async (request, at) => request('GET /repos/{owner}/{repo}/commits', { ...at, per_page: 1 }));
  throw new SluiceError({
    code: 'git-not-found',
    subject: client.address.subject,
    expected: `the branch ${branch}`,
    found: 'none of this name',
    next: CHECK_URL,
  });
}
