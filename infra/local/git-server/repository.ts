import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a new repository begins with. */
export interface FirstCommit {
  readonly branch: string;
  readonly files: Readonly<Record<string, string | Buffer>>;
  /** A folder that is copied in first. */
  readonly from?: string;
  readonly message?: string;
}

const IDENTITY = ['-c', 'user.name=Sluice demo', '-c', 'user.email=demo@localhost', '-c', 'commit.gpgsign=false'];

/** Makes a bare repository with one commit, to be served and pushed to. */
export async function createRepository(
  directory: string,
  name: string,
  { branch, files, from, message = 'First commit' }: FirstCommit,
): Promise<string> {
  const bare = join(directory, name);
  const tree = await mkdtemp(join(tmpdir(), 'sluice-repository-'));
  try {
    await run('git', ['init', '--quiet', '--bare', `--initial-branch=${branch}`, bare]);
    for (const [key, value] of [
      ['http.receivepack', 'true'],
      ['uploadpack.allowFilter', 'true'],
    ]) {
      await run('git', ['-C', bare, 'config', key ?? '', value ?? '']);
    }
    await run('git', ['init', '--quiet', `--initial-branch=${branch}`, tree]);
    if (from !== undefined) {
      await cp(from, tree, { recursive: true });
    }
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await writeFile(join(tree, path), content);
    }
    await run('git', ['-C', tree, 'add', '--all']);
    await run('git', ['-C', tree, ...IDENTITY, 'commit', '--quiet', '--message', message]);
    await run('git', ['-C', tree, 'push', '--quiet', bare, branch]);
    return bare;
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}
