import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startGitServer } from '../../infra/demo/git-server/server.ts';
import { openPlainGit } from '../../shared/git-host/git/open.ts';
import { bareRepository } from '../contract/bare-repository.ts';
import { type BenchRow, benchRow, medianAsyncMillis } from './row.ts';

const SIZES = [2_000, 20_000];
const FILES_PER_FOLDER = 50;
const RUNS = 15;
const COLD_RUNS = 5;
const EDITED = 'apps/a0/f7.yml';
const IDENTITY = ['-c', 'user.name=Sluice', '-c', 'user.email=sluice@example.com'];
const run = promisify(execFile);

/** A commit and looks at the head over HTTP, beside the git command as a person or a pipeline uses it. */
export async function benchGit(): Promise<readonly BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-git-'));
  const server = await startGitServer({ directory });
  const found: BenchRow[] = [];
  try {
    for (const size of SIZES) {
      const files = Array.from({ length: size }, (_, index) => ({
        path: `apps/a${Math.floor(index / FILES_PER_FOLDER)}/f${index}.yml`,
        content: manifest(index),
      }));
      bareRepository(join(directory, `apps-${size}.git`), files);
      found.push(...(await rows(`${server.url}/apps-${size}.git`, directory, size)));
    }
    return found;
  } finally {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function rows(url: string, directory: string, size: number): Promise<readonly BenchRow[]> {
  const folder = () => mkdtempSync(join(directory, 'run-'));
  const open = () => openPlainGit({ url, credentials: { kind: 'none' }, timeoutMillis: 60_000 });
  let edits = 0;
  const text = () => {
    edits += 1;
    return `image: hello:${edits}\n`;
  };
  const commit = async (host: ReturnType<typeof open>, expectedHead: string) => {
    await host.files(expectedHead, [EDITED]);
    const author = { name: 'Sluice', email: 'sluice@example.com' };
    return host.commit({
      branch: 'main',
      expectedHead,
      edits: [{ path: EDITED, text: text() }],
      message: 'Update hello\n',
      author,
    });
  };

  const byHand = await medianAsyncMillis(COLD_RUNS, async () => {
    const tree = join(folder(), 'tree');
    await run('git', ['clone', '--quiet', '--depth=1', url, tree]);
    writeFileSync(join(tree, EDITED), text());
    await run('git', ['-C', tree, ...IDENTITY, 'commit', '--quiet', '--all', '--message=Update hello']);
    await run('git', ['-C', tree, 'push', '--quiet', 'origin', 'HEAD:main']);
  });
  const cold = await medianAsyncMillis(COLD_RUNS, async () => {
    const host = open();
    await commit(host, await host.head('main'));
  });
  const read = await medianAsyncMillis(COLD_RUNS, async () => {
    const host = open();
    await host.files(await host.head('main'), ['']);
  });
  const cloned = await medianAsyncMillis(COLD_RUNS, async () => {
    await run('git', ['clone', '--quiet', '--depth=1', url, join(folder(), 'tree')]);
  });
  const host = open();
  let head = await host.head('main');
  const warm = await medianAsyncMillis(RUNS, async () => {
    head = await commit(host, head);
  });
  const look = await medianAsyncMillis(RUNS, async () => {
    await host.head('main');
  });
  const clone = join(folder(), 'tree');
  await run('git', ['clone', '--quiet', '--depth=1', url, clone]);
  const fetch = await medianAsyncMillis(RUNS, async () => {
    await run('git', ['-C', clone, 'fetch', '--quiet', '--depth=1', 'origin', 'main']);
  });

  const over = `${size} files, git http-backend on loopback`;
  const peer = 'peer: git clone --depth=1, edit, commit, push';
  return [
    benchRow('first look, every file read', `${over}, median of ${COLD_RUNS}; peer: git clone --depth=1`, read, cloned),
    benchRow('commit on a known head', `${over}, median of ${RUNS}; ${peer}`, warm, byHand),
    benchRow('first commit, nothing cached', `${over}, median of ${COLD_RUNS}; ${peer}`, cold, byHand),
    benchRow('head of an unmoved branch', `${over}, median of ${RUNS}; peer: git fetch --depth=1`, look, fetch),
  ];
}

function manifest(index: number): string {
  return `kind: Deployment\nmetadata: { name: web-${index} }\nspec: { image: hello:${index} }\n`.repeat(10);
}
