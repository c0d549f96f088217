import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openSource } from '../../../../infra/agent/git/source.ts';
import { sourceSchema } from '../../../../infra/agent/settings/source-settings.ts';
import type { GitServer } from '../../../../infra/demo/git-server/server.ts';
import { listenOnLoopback } from '../../../../infra/local/loopback.ts';
import { readCredentials } from '../../../../shared/git/credentials.ts';
import { type BareRepository, bareRepository } from '../../../contract/bare-repository.ts';
import { startGitServerApart } from '../../../git-server/apart.ts';
import { signing } from './verify/signing.ts';

let directory: string;
let git: GitServer;
const users = [{ name: 'agent', password: 'secret', write: true }];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-source-'));
  git = await startGitServerApart({ directory, users });
});
afterAll(async () => {
  await git.stop();
  rmSync(directory, { recursive: true });
});

let count = 0;
/** A repository behind HTTP, and a source that follows it. */
function place(settings: object = {}, host = git.url) {
  count += 1;
  const bare = bareRepository(join(directory, `${count}.git`), [{ path: 'k8s/a.yml', content: 'a: 1\n' }]);
  const token = join(directory, `token-${count}`);
  writeFileSync(token, 'agent:secret');
  const state = join(directory, `state-${count}`);
  const open = () =>
    openSource(sourceSchema.parse({ url: `${host}/${count}.git`, ...settings }), {
      directory: state,
      credentials: async () => readCredentials(readFileSync(token, 'utf8'), undefined, state),
      anchor: {
        read: async () => ({ applied: undefined, accepted: undefined }),
        forgetAccepted: async () => {},
        acceptCommand: () => '',
      },
    });
  return { bare, token, state, open, source: open() };
}

/** Puts `main` on a commit that has nothing behind it. */
function rewrite(bare: BareRepository): string {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  const commit = bare.git(...identity, 'commit-tree', '-m', 'anew', 'main^{tree}').trim();
  bare.git('update-ref', 'refs/heads/main', commit);
  return commit;
}

const looksLike = (commit: string) => ({ head: commit, commit, problems: [] });

test('gives the head and its files, and follows a branch that was rewritten', async () => {
  const { bare, source, state } = place();
  const first = bare.git('rev-parse', 'main').trim();
  expect(await source.head()).toEqual(looksLike(first));
  const anew = rewrite(bare);
  expect(await source.head()).toEqual(looksLike(anew));
  const next = bare.commit([{ path: 'k8s/b.yml', content: 'b: 1\n' }]);
  expect(await source.head()).toEqual(looksLike(next));
  // The one that the branch has left may be at work still.
  for (const [commit, files] of [
    [first, ['a.yml']],
    [next, ['a.yml', 'b.yml']],
  ] as const) {
    const checkout = await source.checkout(commit);
    expect(readdirSync(join(checkout.directory, 'k8s'))).toEqual(files);
    await checkout.dispose();
  }
  expect(readdirSync(join(state, 'checkouts'))).toEqual([]);
});

test('puts the marker on what was applied', async () => {
  const { bare, source } = place();
  const { head } = await source.head();
  await source.mark('sluice-sync', head, 'shop', 1_700_000_000);
  expect(bare.git('rev-parse', 'sluice-sync^{commit}').trim()).toBe(head);
});

test('reads a token anew that is no longer taken', async () => {
  const { token, source } = place();
  writeFileSync(token, 'agent:old');
  await expect(source.head()).rejects.toMatchObject({ code: 'git-unauthorized' });
  writeFileSync(token, 'agent:secret');
  await expect(source.head()).resolves.toMatchObject({ problems: [] });
});

test('is opened at the next look where it could not be at the first', async () => {
  const { token, source } = place();
  rmSync(token);
  await expect(source.head()).rejects.toThrow('ENOENT');
  writeFileSync(token, 'agent:secret');
  await expect(source.head()).resolves.toMatchObject({ problems: [] });
});

test('removes what a killed process left, once', async () => {
  const { open, source, state } = place();
  const { head } = await source.head();
  const left = await source.checkout(head);
  const again = open();
  await again.head();
  expect(existsSync(left.directory)).toBe(false);
  const own = await again.checkout(head);
  await again.head();
  expect(existsSync(own.directory)).toBe(true);
  expect(readdirSync(join(state, 'checkouts'))).toHaveLength(1);
});

/** A host that counts fetches, and sends what is fetched slowly. */
async function slowHost() {
  let fetches = 0;
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    fetches += body.includes('command=fetch') ? 1 : 0;
    const { method = 'GET', url = '/' } = request;
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => !['host', 'connection', 'content-length'].includes(name)),
    ) as Record<string, string>;
    const reply = await fetch(`${git.url}${url}`, { method, headers, ...(method === 'POST' && { body }) });
    response.writeHead(reply.status, { 'content-type': reply.headers.get('content-type') ?? '' });
    const content = Buffer.from(await reply.arrayBuffer());
    for (let at = 0; at < content.length && !response.destroyed; at += 256 * 1024) {
      response.write(content.subarray(at, at + 256 * 1024));
      await sleep(100);
    }
    response.end();
  });
  const { host, close } = await listenOnLoopback(server, 0);
  return { url: `http://${host}`, stop: close, fetches: () => fetches };
}

describe('a repository that is too large', () => {
  const large = randomBytes(12 * 1024 * 1024);
  const refusal = {
    code: 'git-too-large',
    message: expect.stringMatching(
      /^repository http:\S+(, commit \w+)?: expected at most 1 MiB, found [\d.]+ MiB or more\. Keep large files elsewhere, or raise --git-max-size\.$/,
    ),
  };

  test('is not fetched to its end, nor again; what stood stays, and what mends it is followed', async () => {
    const host = await slowHost();
    onTestFinished(host.stop);
    const { bare, source, state } = place({ gitMaxSize: '1MiB' }, host.url);
    const { head: good } = await source.head();
    bare.commit([{ path: 'large.bin', content: large }]);
    const before = host.fetches();
    await expect(source.head()).rejects.toMatchObject(refusal);
    await expect(source.head()).rejects.toMatchObject(refusal);
    expect(host.fetches()).toBe(before + 1);
    const files = readdirSync(join(state, 'mirrors'), { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => /tmp_/.test(file))).toEqual([]);
    const kept = await source.checkout(good);
    expect(readdirSync(kept.directory)).toEqual(['k8s']);
    bare.git('update-ref', 'refs/heads/main', good);
    expect(await source.head()).toEqual(looksLike(good));
  });

  test('is not checked out', async () => {
    const { bare, source, state } = place({ gitMaxSize: '1MiB' });
    bare.commit([{ path: 'zeros.bin', content: Buffer.alloc(4 * 1024 * 1024) }]);
    const { head } = await source.head();
    await expect(source.checkout(head)).rejects.toMatchObject(refusal);
    expect(existsSync(join(state, 'checkouts'))).toBe(false);
  });
});

test('tells why the head may not be applied, and checks out what may', async () => {
  const keys = mkdtempSync(join(directory, 'keys-'));
  const { sshSigner, commit } = signing(keys);
  const bob = sshSigner('bob');
  writeFileSync(join(keys, 'allowed_signers'), `bob@example.com ${bob.publicKey}\n`);
  const { bare, open } = place({ verify: 'all', verifyKeys: keys });
  const good = commit(bare, bob);
  const source = open();
  expect(await source.head()).toEqual(looksLike(good));
  const bad = commit(bare);
  expect(await source.head()).toEqual({
    head: bad,
    commit: good,
    problems: [`commit ${bad.slice(0, 7)}: it is not signed`],
  });
  await (await source.checkout(good)).dispose();
});
