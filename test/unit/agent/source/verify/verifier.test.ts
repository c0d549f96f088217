import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openVerifier, type VerifierOptions } from '../../../../../infra/agent/source/verify/verifier.ts';
import { openMirror } from '../../../../../shared/git/mirror.ts';
import { bareRepository } from '../../../../contract/bare-repository.ts';
import { type Signer, signing } from './signing.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-verify-'));
const { commit, gpgSigner, sshSigner, tamper, stop } = signing(directory);
afterAll(() => {
  stop();
  rmSync(directory, { recursive: true });
});

const alice = gpgSigner('alice');
const expired = gpgSigner('expired', { expiry: '1d', at: '20200101T000000' });
const mallory = gpgSigner('mallory');
const bob = sshSigner('bob');
const eve = sshSigner('eve');

let count = 0;
/** A repository, a folder of keys and what looks at both. */
function place() {
  count += 1;
  const home = join(directory, `${count}`);
  const keys = join(home, 'keys');
  mkdirSync(keys, { recursive: true });
  writeFileSync(join(keys, 'alice.asc'), alice.publicKey);
  writeFileSync(join(keys, 'expired.gpg'), expired.publicKey);
  writeFileSync(join(keys, 'allowed_signers'), `bob@example.com ${bob.publicKey}\n`);
  const bare = bareRepository(join(home, 'hello.git'), [{ path: 'a.yml', content: 'a: 1\n' }]);
  const mirrorOf = (name: string) =>
    openMirror({
      url: `file://${bare.path}`,
      credentials: { kind: 'none' },
      directory: join(home, name),
      timeoutMillis: 20_000,
    });
  const verifier = (mode: VerifierOptions['mode'], lastApplied?: string, name = 'mirrors') => {
    const look = openVerifier({
      mirror: mirrorOf(name),
      mode,
      keys,
      home: join(home, 'state'),
      lastApplied: async () => lastApplied,
    });
    return async () => {
      const { head, commit: chosen, refused } = await look('main');
      return { head, chosen, refused: refused.map((one) => [one.commit, one.fault]) };
    };
  };
  const sign = (signer?: Signer, parents?: readonly string[]) => commit(bare, signer, parents);
  return { bare, keys, verifier, sign, first: bare.git('rev-parse', 'main').trim() };
}

describe('the signature of the head', () => {
  test.each([
    { name: 'by a GPG key that is known is good', signer: alice },
    { name: 'by an SSH key that is known is good', signer: bob },
  ])('$name', async ({ signer }) => {
    const { sign, verifier } = place();
    const head = sign(signer);
    expect(await verifier('head')()).toEqual({ head, chosen: head, refused: [] });
  });

  test.each([
    { name: 'that is not there', signer: undefined, fault: /^it is not signed$/ },
    {
      name: 'by another GPG key',
      signer: mallory,
      fault: /^it is signed by [0-9A-F]{16}, which is not among the keys$/,
    },
    { name: 'by another SSH key', signer: eve, fault: /^it is signed by SHA256:\S+, which is not among the keys$/ },
    { name: 'by a GPG key that has expired', signer: expired, fault: /^the key [0-9A-F]{16} has expired$/ },
  ])('$name is bad', async ({ signer, fault }) => {
    const { sign, verifier } = place();
    const head = sign(signer);
    expect(await verifier('head')()).toEqual({
      head,
      chosen: undefined,
      refused: [[head, expect.stringMatching(fault)]],
    });
  });

  test.each([
    { kind: 'GPG', signer: alice },
    { kind: 'SSH', signer: bob },
  ])('of a commit that was changed is bad ($kind)', async ({ signer }) => {
    const { bare, sign, verifier } = place();
    const head = tamper(bare, sign(signer));
    expect(await verifier('head')()).toEqual({
      head,
      chosen: undefined,
      refused: [[head, 'its signature is bad: it is not what was signed']],
    });
  });

  test('counts by the keys that are there now', async () => {
    const { keys, sign, verifier } = place();
    const look = verifier('head');
    const head = sign(mallory);
    expect(await look()).toMatchObject({ chosen: undefined });
    writeFileSync(join(keys, 'mallory.asc'), mallory.publicKey);
    expect(await look()).toMatchObject({ chosen: head, refused: [] });
  });

  test('that is bad leaves the last good one', async () => {
    const { sign, verifier } = place();
    const good = sign(alice);
    const look = verifier('head');
    expect(await look()).toMatchObject({ chosen: good });
    sign();
    expect(await look()).toMatchObject({ chosen: good });
  });

  test('asks for no other commit', async () => {
    const { sign, verifier } = place();
    sign();
    expect(await verifier('head')()).toMatchObject({ chosen: undefined });
    const head = sign(bob);
    expect(await verifier('head')()).toMatchObject({ chosen: head, refused: [] });
  });
});

describe('the signatures of all that came since', () => {
  test('where nothing was applied: of the head', async () => {
    const { sign, verifier } = place();
    const head = sign(alice);
    expect(await verifier('all')()).toEqual({ head, chosen: head, refused: [] });
  });

  test('a bad one in between stops at the one before it, until it is gone', async () => {
    const { sign, verifier } = place();
    const look = verifier('all');
    const start = sign(alice);
    await look();
    const good = sign(bob);
    const bad = sign();
    const head = sign(alice);
    const stands = { head, chosen: good, refused: [[bad, 'it is not signed']] };
    expect(await look()).toEqual(stands);
    expect(await look()).toEqual(stands);
    const later = sign(alice);
    expect(await look()).toEqual({ ...stands, head: later });
    const mended = sign(alice, [good]);
    expect(await look()).toEqual({ head: mended, chosen: mended, refused: [] });
    expect(start).not.toBe(good);
  });

  test('what a merge brings in counts too', async () => {
    const { sign, verifier } = place();
    const look = verifier('all');
    const base = sign(alice);
    await look();
    const line = sign(alice, [base]);
    const side = sign(mallory, [base]);
    const head = sign(alice, [line, side]);
    expect(await look()).toMatchObject({ head, chosen: line, refused: [[side, expect.stringContaining('not among')]] });
  });

  test.each([
    { name: 'with the clone of before', mirror: 'mirrors' },
    { name: 'with a new clone', mirror: 'new' },
  ])('a process that starts anew goes on from what was applied, $name', async ({ mirror }) => {
    const { sign, verifier } = place();
    const applied = sign(alice);
    await verifier('all')();
    const good = sign(alice);
    const bad = sign();
    const head = sign(alice);
    expect(await verifier('all', applied, mirror)()).toEqual({
      head,
      chosen: good,
      refused: [[bad, 'it is not signed']],
    });
  });

  test('of a head that is here already without its history', async () => {
    const { sign, verifier } = place();
    const applied = sign(alice);
    const bad = sign();
    const head = sign(alice);
    await verifier('head')();
    expect(await verifier('all', applied)()).toEqual({ head, chosen: applied, refused: [[bad, 'it is not signed']] });
  });

  test('what was applied before signatures were asked for is not applied again', async () => {
    const { first, verifier } = place();
    expect(await verifier('all', first)()).toEqual({
      head: first,
      chosen: undefined,
      refused: [[first, 'it is not signed']],
    });
  });

  test('a branch that is set back to a good commit is followed there', async () => {
    const { bare, sign, verifier } = place();
    const look = verifier('all');
    const back = sign(alice);
    sign(alice);
    await look();
    bare.git('update-ref', 'refs/heads/main', back);
    expect(await look()).toEqual({ head: back, chosen: back, refused: [] });
  });

  test('a branch that was rewritten is checked from where it parts', async () => {
    const { sign, verifier } = place();
    const look = verifier('all');
    const base = sign(alice);
    const old = sign(alice);
    await look();
    const bad = sign(undefined, [base]);
    const head = sign(alice);
    expect(await look()).toEqual({ head, chosen: old, refused: [[bad, 'it is not signed']] });
    const good = sign(bob, [sign(alice, [base])]);
    expect(await look()).toEqual({ head: good, chosen: good, refused: [] });
  });

  test('a host that no longer has what was applied cannot tell what came since', async () => {
    const { sign, verifier } = place();
    sign(alice);
    const gone = '1'.repeat(40);
    await expect(verifier('all', gone)()).rejects.toMatchObject({
      code: 'git-unverified',
      message: `branch main: expected the history since ${gone}, which was applied last, found a host that no longer has that commit. The branch was rewritten: check it, then start the agent with --verify head until it has applied it.`,
    });
  });
});
