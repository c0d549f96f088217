import { isSluiceError, SluiceError } from '../errors.ts';
import { branchRef } from '../git/address.ts';
import { type Mirror, type MirrorOptions, openMirror } from '../git/mirror.ts';
import { listTree, readBlobs, type TreeEntry } from '../git/tree.ts';
import { decodeText, isManifestPath, MAX_FILE_BYTES } from './manifest-file.ts';
import { type CommitRequest, type GitHost, HISTORY_DEPTH, type RepositoryFile } from './port.ts';

/** Any host that speaks Git, over HTTP(S), SSH, or a path. */
export function openPlainGit(options: MirrorOptions): GitHost {
  const mirror = openMirror(options);
  /** What was read last is, as a rule, what is edited next. */
  let latest = { revision: '', modes: modesOf([]) };
  return {
    head: async (branch) => mirror.fetchHead(branch),
    async compare(revision, branch) {
      const head = await mirror.fetchHead(branch);
      return { head, changed: await changedPaths(mirror, revision, head) };
    },
    history: async (branch) => mirror.fetchHistory(branch, HISTORY_DEPTH),
    async files(revision, paths) {
      const entries = await listTree(mirror, revision, paths);
      latest = { revision, modes: modesOf(entries) };
      return readFiles(mirror, entries);
    },
    async commit(request) {
      const { branch, expectedHead: revision, edits } = request;
      branchRef(branch);
      if (edits.length === 0) {
        throw refused(`branch ${branch}`, 'an edit', 'none');
      }
      const paths = edits.map(({ path }) => path);
      const isListed = latest.revision === revision && paths.every((path) => latest.modes.has(path));
      const modes = isListed ? latest.modes : modesOf(await listTree(mirror, revision, paths));
      return commit(mirror, request, modes);
    },
  };
}

/** Undefined where the older revision is not here. */
async function changedPaths(mirror: Mirror, from: string, to: string): Promise<readonly string[] | undefined> {
  try {
    const names = await mirror.local(['diff-tree', '-r', '-z', '--name-only', '--no-renames', from, to]);
    return names
      .toString('utf8')
      .split('\0')
      .filter((path) => path !== '');
  } catch (error) {
    if (isSluiceError(error, 'git-not-found')) {
      return undefined;
    }
    throw error;
  }
}

/** File modes by path. */
function modesOf(entries: readonly TreeEntry[]): ReadonlyMap<string, string> {
  return new Map(entries.map(({ path, mode }) => [path, mode]));
}

async function readFiles(mirror: Mirror, listed: readonly TreeEntry[]): Promise<readonly RepositoryFile[]> {
  const entries = listed.filter(isManifest);
  const contents = await readBlobs(
    mirror,
    entries.map(({ blob }) => blob),
  );
  return entries.flatMap(({ path, blob }, index) => {
    const content = contents[index];
    const text = content && decodeText(content);
    return text === undefined ? [] : [{ path, blob, text }];
  });
}

function isManifest({ path, bytes }: TreeEntry): boolean {
  return isManifestPath(path) && bytes <= MAX_FILE_BYTES;
}

/**
 * Makes the commit by one `fast-import` and pushes it from the head that the caller knows: whether the branch is still
 * there, the push itself finds out.
 */
async function commit(mirror: Mirror, request: CommitRequest, modes: ReadonlyMap<string, string>): Promise<string> {
  const { branch, expectedHead, edits, newBranch = false, skipCi = false } = request;
  for (const { path, create = false } of edits) {
    if (!modes.has(path) && !create) {
      throw refused(path, 'a regular file', 'none');
    }
  }
  const command = ['fast-import', '--quiet', '--force', '--done', '--date-format=now'];
  const revision = (await mirror.local(command, importStream(request, modes))).toString('utf8').trim();
  await mirror.pushBranch(branch, newBranch ? '' : expectedHead, revision, skipCi ? ['ci.skip'] : []);
  return revision;
}

/** fast-import wants a branch; it is taken back before it is written, so that no ref remains. */
const SCRATCH = 'refs/sluice-new';
const NO_COMMIT = '0'.repeat(40);

/**
 * Answers with the commit's hash on its output.
 *
 * @see https://git-scm.com/docs/git-fast-import#_input_format
 */
function importStream(
  { expectedHead, edits, message, author }: CommitRequest,
  modes: ReadonlyMap<string, string>,
): Buffer {
  const by = `${plain(author?.name ?? 'Sluice')} <${plain(author?.email ?? 'sluice@users.noreply.localhost')}> now`;
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const files = edits.map(({ path, text }) => `M ${modes.get(path) ?? '100644'} inline ${quote(path)}\n${data(text)}`);
  const commands = [
    `commit ${SCRATCH}\nmark :1\nauthor ${by}\ncommitter ${by}\n${data(message)}from ${expectedHead}\n`,
    ...files,
    `get-mark :1\nreset ${SCRATCH}\nfrom ${NO_COMMIT}\n\ndone\n`,
  ];
  return Buffer.from(commands.join(''), 'utf8');
}

function quote(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function plain(text: string): string {
  return text.replaceAll(/[<>\p{Cc}]/gu, '');
}

function refused(subject: string, expected: string, found: string): SluiceError {
  return new SluiceError({ code: 'git-refused', subject, expected, found });
}
