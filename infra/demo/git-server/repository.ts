import { execFile } from 'node:child_process';
import { appendFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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

const SETTINGS = '[http]\n\treceivepack = true\n[uploadpack]\n\tallowFilter = true\n';
const SETTINGS_OF_COMMIT = [
  ...['-c', 'user.name=Sluice demo', '-c', 'user.email=demo@localhost', '-c', 'commit.gpgsign=false'],
  ...['-c', 'core.logAllRefUpdates=false', '-c', 'maintenance.auto=false'],
];

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
    await appendFile(join(bare, 'config'), SETTINGS);
    if (from !== undefined) {
      await cp(from, tree, { recursive: true });
    }
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await writeFile(join(tree, path), content);
    }
    // Committed where it is to lie: a clone that pushes is ten processes more.
    const here = [`--git-dir=${bare}`, `--work-tree=${tree}`, ...SETTINGS_OF_COMMIT];
    await run('git', [...here, 'add', '--all']);
    await run('git', [...here, 'commit', '--quiet', '--message', message]);
    await rm(join(bare, 'index'));
    return bare;
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}
