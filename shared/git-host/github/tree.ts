import { SluiceError } from '../../errors.ts';
import { isRevision } from '../../git/revision.ts';
import * as z from '../../schema.ts';
import { type Entry, isAtOrBelow, joined, type Snapshot } from './api/snapshot.ts';
import type { RepositoryCache } from './cache.ts';
import type { GitHubClient } from './client.ts';

const treeSchema = z.object({
  truncated: z.boolean(),
  tree: z.array(
    z.object({
      path: z.string(),
      mode: z.string(),
      type: z.string(),
      sha: z.string(),
      size: z.optional(z.number()),
    }),
  ),
});
const gitCommitSchema = z.object({ tree: z.object({ sha: z.string() }) });

/**
 * Looks at the tree of a revision, and remembers it: all of it by one request, or, where it is too large for one, what
 * is at or below these paths.
 *
 * @see https://docs.github.com/en/rest/git/trees#get-a-tree has 100,000 entries or 7 MB
 * @throws SluiceError `git-not-found` where there is no such revision
 */
export async function lookAtTree(
  client: GitHubClient,
  cache: RepositoryCache,
  revision: string,
  paths: readonly string[],
): Promise<Snapshot> {
  if (!isRevision(revision)) {
    throw noRevision(client, revision);
  }
  const reply = await readTree(client, revision, true);
  if (reply === undefined) {
    throw noRevision(client, revision);
  }
  const seen = reply.truncated
    ? { entries: new Map(await walk(client, revision, '', paths)), covers: paths }
    : { entries: new Map(entriesOf(reply, '')), covers: [''] };
  const snapshot = joined(cache.snapshot(revision), seen);
  cache.keepSnapshot(revision, snapshot);
  return snapshot;
}

type Tree = z.infer<typeof treeSchema>;
type Named = readonly [path: string, entry: Entry];

/** Undefined where there is none. */
async function readTree(client: GitHubClient, tree: string, isRecursive: boolean): Promise<Tree | undefined> {
  const reply = await client.ask(
    async (request, at) =>
      request('GET /repos/{owner}/{repo}/git/trees/{tree_sha}', {
        ...at,
        tree_sha: tree,
        // Any value means yes.
        ...(isRecursive ? { recursive: '1' } : {}),
      }),
    404,
    422,
  );
  return reply.status >= 400 ? undefined : client.parse(treeSchema, reply);
}

/** Folder by folder, as deep as GitHub gives no whole folder; only into what is asked for. */
async function walk(
  client: GitHubClient,
  tree: string,
  folder: string,
  paths: readonly string[],
): Promise<readonly Named[]> {
  const isWanted = paths.some((path) => isAtOrBelow(folder, path));
  const whole = isWanted && folder !== '' ? await readTree(client, tree, true) : undefined;
  if (whole !== undefined && !whole.truncated) {
    return entriesOf(whole, folder);
  }
  const level = await readTree(client, tree, false);
  if (level === undefined) {
    // It was in the tree a moment ago.
    throw new SluiceError({
      code: 'git-unavailable',
      subject: `${client.address.subject} folder ${folder === '' ? '/' : folder}`,
      expected: 'the tree of a commit',
      found: 'none (status 404)',
      retryable: true,
    });
  }
  const found: Named[] = [...entriesOf(level, folder)];
  for (const { path, type, sha } of level.tree) {
    const below = pathIn(folder, path);
    if (type === 'tree' && paths.some((wanted) => isAtOrBelow(below, wanted) || isAtOrBelow(wanted, below))) {
      found.push(...(await walk(client, sha, below, paths)));
    }
  }
  return found;
}

function entriesOf({ tree }: Tree, folder: string): readonly Named[] {
  return tree.flatMap(({ path, mode, type, sha, size }): Named[] =>
    // A name that is not UTF-8 is left out: it could not be asked for.
    type === 'tree' || path.includes('\uFFFD') ? [] : [[pathIn(folder, path), { mode, blob: sha, bytes: size }]],
  );
}

function pathIn(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** The tree of a commit, asked for only where nothing told of it before. */
export async function treeOf(client: GitHubClient, cache: RepositoryCache, revision: string): Promise<string> {
  const told = cache.tree(revision);
  if (told !== undefined) {
    return told;
  }
  if (!isRevision(revision)) {
    throw noRevision(client, revision);
  }
  const { tree } = await client.read(gitCommitSchema, async (request, at) =>
    request('GET /repos/{owner}/{repo}/git/commits/{commit_sha}', { ...at, commit_sha: revision }),
  );
  cache.keepTree(revision, tree.sha);
  return tree.sha;
}

function noRevision({ address }: GitHubClient, revision: string): SluiceError {
  return new SluiceError({
    code: 'git-not-found',
    subject: address.subject,
    expected: 'a commit that a branch gave',
    found: JSON.stringify(revision),
    next: 'Where the repository is there, the commit was taken out of its history; the next look finds the new one.',
  });
}
