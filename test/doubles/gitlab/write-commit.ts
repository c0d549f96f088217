import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { badRequest } from './answer.ts';
import { commitOf, type Git, GitFailure, headOf } from './git.ts';
import { runPreReceive } from './pre-receive.ts';
import type { Project } from './projects.ts';
import type { CommitAction, NewCommit } from './published.ts';
import { entryAt, lastCommitAt } from './tree-entries.ts';
import type { User } from './users.ts';

const NONE = '0'.repeat(40);

/**
 * Commits as GitLab and Gitaly do: on the head of the branch as it stands, file by file checked, and the branch moved
 * only where it is still there.
 */
export async function writeCommit(project: Project, commit: NewCommit, user: User): Promise<string> {
  const { git } = project;
  const head = await headOf(git, commit.branch);
  const parent = await startOf(git, commit, head);
  for (const action of commit.actions) {
    await refuseChanged(git, parent, action);
  }
  const tree = await treeOf(git, parent, commit.actions);
  const revision = await commitObject(git, tree, parent, commit, user);
  await runPreReceive(project, `${head ?? NONE} ${revision} refs/heads/${commit.branch}\n`);
  try {
    await git(['update-ref', `refs/heads/${commit.branch}`, revision, head ?? NONE]);
  } catch {
    throw badRequest(`Could not update refs/heads/${commit.branch}. Please refresh and try again.`);
  }
  return revision;
}

/** What the commit is put on: the head of the branch, or where a new branch begins. */
async function startOf(git: Git, commit: NewCommit, head: string | undefined): Promise<string> {
  const { branch, start_branch: from, start_sha: sha, force } = commit;
  const isElsewhere = sha !== undefined || (from !== undefined && from !== branch);
  if (isElsewhere && head !== undefined && !force) {
    throw badRequest(`A branch called '${branch}' already exists. Switch to that branch in order to make changes`);
  }
  if (sha !== undefined) {
    const start = /^[0-9a-f]{40}$/.test(sha) ? await commitOf(git, sha) : undefined;
    if (start === undefined) {
      throw badRequest(`Cannot find start_sha '${sha}'`);
    }
    return start;
  }
  const start = await headOf(git, from ?? branch);
  if (start === undefined) {
    throw badRequest('You can only create or edit files when you are on a branch');
  }
  return start;
}

/** GitLab's own check: only where `last_commit_id` is given, and only for what is there. */
async function refuseChanged(git: Git, parent: string, action: CommitAction): Promise<void> {
  const { file_path: path, last_commit_id: expected } = action;
  if (action.action === 'create' || expected === undefined) {
    return;
  }
  const last = await lastCommitAt(git, parent, path);
  if (last !== '' && last !== expected) {
    throw badRequest(`The file has changed since you started editing it: ${path}`);
  }
}

/** The tree after the actions; a changed file keeps its mode, a symbolic link too. */
async function treeOf(git: Git, parent: string, actions: readonly CommitAction[]): Promise<string> {
  const index = join(tmpdir(), `gitlab-index-${randomUUID()}`);
  try {
    await git(['read-tree', parent], { index });
    const lines: string[] = [];
    for (const action of actions) {
      lines.push(await indexLine(git, parent, action));
    }
    await git(['update-index', '-z', '--index-info'], { index, input: lines.join('') });
    return (await git(['write-tree'], { index })).toString('utf8').trim();
  } catch (error) {
    throw error instanceof GitFailure ? badRequest(error.message.trim()) : error;
  } finally {
    await rm(index, { force: true });
  }
}

async function indexLine(git: Git, parent: string, action: CommitAction): Promise<string> {
  const { file_path: path, content = '', encoding } = action;
  if (path.split('/').some((part) => part === '..' || part === '.' || part === '' || part === '.git')) {
    throw badRequest('Path cannot include directory traversal');
  }
  const entry = await entryAt(git, parent, path);
  if (entry?.type === 'tree') {
    throw badRequest('A directory with this name already exists');
  }
  if (action.action === 'create' && entry !== undefined) {
    throw badRequest('A file with this name already exists');
  }
  if (action.action !== 'create' && entry === undefined) {
    throw badRequest("A file with this name doesn't exist");
  }
  const input = Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8');
  const blob = (await git(['hash-object', '-w', '--stdin'], { input })).toString('utf8').trim();
  const mode = action.execute_filemode === undefined ? undefined : action.execute_filemode ? '100755' : '100644';
  return `${mode ?? entry?.mode ?? '100644'} ${blob}\t${path}\0`;
}

/** The author is who is named; the committer is the account of the token. */
async function commitObject(
  git: Git,
  tree: string,
  parent: string,
  { commit_message: message, author_name: name, author_email: email }: NewCommit,
  user: User,
): Promise<string> {
  const at = `${Math.floor(Date.now() / 1000)} +0000`;
  const lines = [
    `tree ${tree}`,
    `parent ${parent}`,
    `author ${name ?? user.name} <${email ?? user.email}> ${at}`,
    `committer ${user.name} <${user.email}> ${at}`,
  ];
  const input = `${lines.join('\n')}\n\n${message}`;
  return (await git(['hash-object', '-t', 'commit', '-w', '--stdin'], { input })).toString('utf8').trim();
}
