import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSource } from '../../../../infra/agent/git/source.ts';
import { sourceSchema } from '../../../../infra/agent/settings/source-settings.ts';
import type { GitServer } from '../../../../infra/demo/git-server/server.ts';
import { readCredentials } from '../../../../shared/git/credentials.ts';
import { type BareRepository, bareRepository } from '../../../contract/bare-repository.ts';
import { startGitServerApart } from '../../../git-server/apart.ts';

const MEBIBYTE = 1024 * 1024;

let directory: string;
let git: GitServer;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-budget-'));
  git = await startGitServerApart({ directory, users: [{ name: 'agent', password: 'secret', write: true }] });
});
afterAll(async () => {
  await git.stop();
  rmSync(directory, { recursive: true });
});

let count = 0;
/** A repository on another machine, and a source that follows it. */
function place(settings: object, make: (bare: BareRepository) => void) {
  count += 1;
  const bare = bareRepository(join(directory, `${count}.git`), [{ path: 'a.yml', content: 'a: 1\n' }]);
  make(bare);
  const state = join(directory, `state-${count}`);
  const source = openSource(sourceSchema.parse({ url: `${git.url}/${count}.git`, ...settings }), {
    directory: state,
    credentials: async () => readCredentials('agent:secret', undefined, state),
    anchor: {
      read: async () => ({ applied: undefined, accepted: undefined }),
      forgetAccepted: async () => {},
      acceptCommand: () => '',
    },
  });
  const checkOutHead = async () => {
    const { head } = await source.head();
    return { head, checkout: source.checkout(head) };
  };
  return { state, checkOutHead };
}

/** Puts `main` on a tree that holds one tree ten times, and that another, so many levels deep. */
function treeBomb(levels: number) {
  return (bare: BareRepository) => {
    const hash = (kind: string, input: Buffer) =>
      execFileSync('git', ['-C', bare.path, 'hash-object', '-t', kind, '-w', '--stdin'], { input }).toString().trim();
    let object = hash('blob', Buffer.from('a: 1\n'));
    for (let level = 0; level <= levels; level += 1) {
      const id = Buffer.from(object, 'hex');
      const entry = (name: number) => Buffer.concat([Buffer.from(`${level === 0 ? '100644' : '40000'} ${name}\0`), id]);
      object = hash('tree', Buffer.concat(Array.from({ length: 10 }, (_, name) => entry(name))));
    }
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
    bare.git('update-ref', 'refs/heads/main', bare.git(...identity, 'commit-tree', '-m', 'x', object).trim());
  };
}

test.each([
  { what: 'a tree of a few bytes with a hundred thousand million files', settings: {}, levels: 10, limit: 50_000 },
  { what: 'one file more than there may be', settings: { gitMaxFiles: 99 }, levels: 1, limit: 99 },
])('$what is refused by name, and nothing is written', async ({ settings, levels, limit }) => {
  const { state, checkOutHead } = place(settings, treeBomb(levels));
  const { head, checkout } = await checkOutHead();
  await expect(checkout).rejects.toMatchObject({
    code: 'git-too-large',
    message: `commit ${head}: expected at most ${limit} files, found more. Keep them in repositories of their own, or raise --git-max-files.`,
  });
  expect(existsSync(join(state, 'checkouts'))).toBe(false);
});

test('as many files as there may be are written', async () => {
  const { checkOutHead } = place({ gitMaxFiles: 100 }, treeBomb(1));
  const { directory: files } = await (await checkOutHead()).checkout;
  expect(readdirSync(files, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())).toHaveLength(100);
});

const zeros = (bytes: number) => (bare: BareRepository) => {
  bare.commit([{ path: 'zeros.bin', content: Buffer.alloc(bytes) }]);
};

test('a blob that is nothing when packed takes no memory: git gets a fraction of it, and writes all of it', async () => {
  const { checkOutHead } = place({ gitMemory: '24MiB' }, zeros(48 * MEBIBYTE));
  const { directory: files } = await (await checkOutHead()).checkout;
  expect(statSync(join(files, 'zeros.bin')).size).toBe(48 * MEBIBYTE);
});

test('git that needs more memory than it may is ended, and the setting is named', async () => {
  const { checkOutHead } = place({ gitMemory: '4MiB' }, zeros(7 * MEBIBYTE));
  await expect(checkOutHead()).rejects.toMatchObject({
    code: 'git-too-large',
    retryable: false,
    message: expect.stringMatching(/(memory|thread).* Keep large files elsewhere, or raise --git-memory\.$/),
  });
});
