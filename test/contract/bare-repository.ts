import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandShell } from '../command-shell.ts';

/** A file of a commit that a test makes; `mode` as in Git, a regular file where it is left out. */
export interface TestFile {
  readonly path: string;
  readonly content: string | Buffer;
  readonly mode?: '100755' | '120000' | '160000';
}

/** A commit as it stands in a repository. */
export interface TestCommit {
  readonly commit: string;
  readonly parents: string;
  readonly author: string;
  readonly committer: string;
  readonly message: string;
}

/** A bare repository on disk, looked at and changed behind the back of what is tested. */
export interface BareRepository {
  readonly path: string;
  /** Runs git in it, and gives what it wrote. */
  git(...command: readonly string[]): string;
  /** Puts a commit on `main`; its content is added to what stands there. */
  commit(files: readonly TestFile[], branch?: string): string;
  /** Puts one commit for each list of files there, by one process; gives the last. */
  commitEach(changes: readonly (readonly TestFile[])[], branch?: string): string;
  /** The bytes of a file at `main`. */
  read(path: string): Buffer;
  /** The commits of `main`, newest first. */
  log(): readonly TestCommit[];
}

/** It takes pushes, and does nothing for a disk that outlives the test. */
const SETTINGS = `[http]
\treceivepack = true
[core]
\tfsync = none
[receive]
\tautogc = false
`;

const COMMIT_MARK = 1;

/** Makes a repository with `main` on a commit of these files. */
export function bareRepository(path: string, files: readonly TestFile[]): BareRepository {
  const env = { PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', LC_ALL: 'C' };
  const run = (command: readonly string[], input?: Buffer) => {
    const { exit, output, errors } = commandShell().run(['git', ...command], { input, env });
    if (exit !== 0) {
      throw new Error(`git ${command.join(' ')}: exit ${exit}: ${errors}`);
    }
    return output;
  };
  const inside = (command: readonly string[], input?: Buffer) => run(['-C', path, ...command], input);
  run(['init', '--quiet', '--bare', '--template=', '--initial-branch=main', path]);
  appendFileSync(join(path, 'config'), SETTINGS);
  const git = (...command: readonly string[]) => inside(command).toString('utf8');
  const heads = new Set<string>();
  const repository: BareRepository = {
    path,
    git,
    commit: (more, branch) => repository.commitEach([more], branch),
    commitEach(changes, branch = 'main') {
      const hasParent = heads.has(branch) || branch !== 'main';
      const parts = changes.map((more, at) => commitOf(more, branch, hasParent && at === 0));
      const input = Buffer.concat([...parts, Buffer.from(`get-mark :${COMMIT_MARK}\ndone\n`)]);
      const commit = inside(['fast-import', '--quiet', '--done', '--date-format=now'], input).toString('utf8').trim();
      heads.add(branch);
      return commit;
    },
    read: (file) => inside(['cat-file', 'blob', `refs/heads/main:${file}`]),
    log: () =>
      git('log', '-z', '--format=%H%x01%P%x01%an <%ae>%x01%cn <%ce>%x01%B', 'refs/heads/main')
        .split('\0')
        .filter((text) => text !== '')
        .map((text) => {
          const [commit = '', parents = '', author = '', committer = '', message = ''] = text.split('\u0001');
          return { commit, parents, author, committer, message };
        }),
  };
  repository.commit(files);
  return repository;
}

/**
 * A commit of a stream; each takes the marks of the one before it.
 *
 * @param isOntoHead is it the first, and is there a head before it?
 * @see https://git-scm.com/docs/git-fast-import#_input_format
 */
function commitOf(files: readonly TestFile[], branch: string, isOntoHead: boolean): Buffer {
  const blobs = files.flatMap((file, index) => (file.mode === '160000' ? [] : [blob(file.content, markOf(index))]));
  const head = `commit refs/heads/${branch}\nmark :${COMMIT_MARK}\ncommitter Somebody <somebody@example.com> now\ndata 5\nother\n`;
  const parent = isOntoHead ? `from refs/heads/${branch}^0\n` : '';
  const changes = files.map(
    (file, index) => `M ${file.mode ?? '100644'} ${reference(file, index)} ${quote(file.path)}\n`,
  );
  return Buffer.concat([...blobs, Buffer.from(`${head}${parent}${changes.join('')}\n`)]);
}

function reference({ mode, content }: TestFile, index: number): string {
  return mode === '160000' ? content.toString() : `:${markOf(index)}`;
}

/** Of a file; the commit has the first. */
function markOf(index: number): number {
  return COMMIT_MARK + 1 + index;
}

function blob(content: string | Buffer, mark: number): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from(`blob\nmark :${mark}\ndata ${bytes.length}\n`), bytes, Buffer.from('\n')]);
}

function quote(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
