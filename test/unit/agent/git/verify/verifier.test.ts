import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openMirror } from '../../../../../infra/agent/git/mirror.ts';
import type { Anchor } from '../../../../../infra/agent/git/verify/anchor.ts';
import { openVerifier, type VerifierOptions } from '../../../../../infra/agent/git/verify/verifier.ts';
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
  const verifier = (
    mode: VerifierOptions['mode'],
    cluster: string | undefined | { applied?: string; accepted?: string } = {},
    name = 'mirrors',
  ) => {
    const state = typeof cluster === 'string' ? { applied: cluster } : cluster;
    const anchor: Anchor = {
      read: async () => ({ applied: undefined, accepted: undefined, ...state }),
      async forgetAccepted() {
        Reflect.deleteProperty(state, 'accepted');
      },
      acceptCommand: (one) => `accept ${one}`,
    };
    const look = openVerifier({ mirror: mirrorOf(name), mode, keys, home: join(home, 'state'), anchor });
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

  test('a host that no longer has what was applied cannot tell what came since', async () => {
    const { sign, verifier } = place();
    const head = sign(alice);
    const gone = '1'.repeat(40);
    await expect(verifier('all', gone)()).rejects.toMatchObject({
      code: 'git-unverified',
      message: `branch main: expected the history since ${gone}, which was applied last, found a host that no longer has that commit. The branch was set back or rewritten: check it, then accept its head with \`accept ${head}\``,
    });
  });
});

/** What is said of a head that does not go on from what was applied. */
const parted = (head: string, since: string) =>
  `it does not descend from ${since}, which was taken up last. The branch was set back or rewritten: check it, then accept its head with \`accept ${head}\``;

type Place = ReturnType<typeof place>;
const setTo = ({ bare }: Place, revision: string) => bare.git('update-ref', 'refs/heads/main', revision);

describe('a head that does not descend from what was applied last is refused, signed or not', () => {
  /** What happens to the branch, on which `applied` is on top of `before`, both signed. */
  const REWRITES: readonly { name: string; rewrite: (at: Place, before: string, applied: string) => void }[] = [
    { name: 'the commit before it', rewrite: (at, before) => setTo(at, before) },
    { name: 'the first commit, which nobody signed', rewrite: (at) => setTo(at, at.first) },
    { name: 'a signed commit beside it, as an amended one', rewrite: ({ sign }, before) => sign(bob, [before]) },
    { name: 'an unsigned commit beside it', rewrite: ({ sign }, before) => sign(undefined, [before]) },
    {
      name: 'signed commits beside it, with a bad one among them',
      rewrite: ({ sign }, before) => sign(alice, [sign(undefined, [before])]),
    },
    { name: 'a signed commit without a history', rewrite: ({ sign }) => sign(alice, []) },
    {
      name: 'a signed merge of lines that it is not in',
      rewrite: ({ sign, first }, before) => sign(alice, [before, sign(bob, [first])]),
    },
  ];
  test.each(
    REWRITES.flatMap((one) => [
      { ...one, by: 'the process that applied it', isNew: false, mirror: 'mirrors' },
      { ...one, by: 'one that started anew', isNew: true, mirror: 'mirrors' },
      { ...one, by: 'one that started anew without the clone', isNew: true, mirror: 'new' },
    ]),
  )('$name, by $by', async ({ rewrite, isNew, mirror }) => {
    const at = place();
    const before = at.sign(alice);
    const applied = at.sign(alice);
    const state: { applied?: string } = {};
    const look = at.verifier('all', state);
    expect(await look()).toMatchObject({ chosen: applied });
    state.applied = applied;
    rewrite(at, before, applied);
    const head = at.bare.git('rev-parse', 'main').trim();
    const lookAgain = isNew ? at.verifier('all', applied, mirror) : look;
    const stands = { head, chosen: applied, refused: [[head, parted(head, applied)]] };
    expect(await lookAgain()).toEqual(stands);
    expect(await lookAgain()).toEqual(stands);
    setTo(at, applied);
    const next = at.sign(bob);
    expect(await lookAgain()).toEqual({ head: next, chosen: next, refused: [] });
  });

  test('while the one before it is all that the cluster knows: it is being applied', async () => {
    const at = place();
    const before = at.sign(alice);
    const look = at.verifier('all', before);
    const begun = at.sign(alice);
    expect(await look()).toMatchObject({ chosen: begun });
    setTo(at, before);
    expect(await look()).toMatchObject({ chosen: begun, refused: [[before, parted(before, begun)]] });
  });

  test('also by a replica that saw it as the head before another applied what came after', async () => {
    const at = place();
    const state = { applied: at.first };
    const seen = at.sign(alice);
    const look = at.verifier('all', state);
    expect(await look()).toMatchObject({ chosen: seen });
    const applied = at.sign(alice);
    await at.verifier('all', seen, 'other')();
    state.applied = applied;
    setTo(at, seen);
    expect(await look()).toMatchObject({ chosen: applied, refused: [[seen, parted(seen, applied)]] });
  });

  test('also where the host threw away what was applied, and the clone has it', async () => {
    const at = place();
    const before = at.sign(alice);
    const applied = at.sign(alice);
    await at.verifier('all')();
    const head = at.sign(bob, [before]);
    at.bare.git('reflog', 'expire', '--expire=now', '--all');
    at.bare.git('prune', '--expire=now');
    expect(await at.verifier('all', applied)()).toEqual({
      head,
      chosen: applied,
      refused: [[head, parted(head, applied)]],
    });
  });

  test('what was applied from a directory in its place has no descendants', async () => {
    const { sign, verifier } = place();
    const head = sign(alice);
    await expect(verifier('all', 'sha256:0123')()).rejects.toThrow(`accept its head with \`accept ${head}\``);
  });

  test('and the line of a bad merge that does not have it is not fallen back to', async () => {
    const at = place();
    const before = at.sign(alice);
    const applied = at.sign(alice);
    const other = at.sign(bob, [before]);
    const head = at.sign(undefined, [other, applied]);
    expect(await at.verifier('all', applied)()).toEqual({
      head,
      chosen: applied,
      refused: [[head, 'it is not signed']],
    });
  });

  test('a signed merge may have it on any side', async () => {
    const at = place();
    const before = at.sign(alice);
    const applied = at.sign(alice);
    const head = at.sign(alice, [at.sign(bob, [before]), applied]);
    expect(await at.verifier('all', applied)()).toEqual({ head, chosen: head, refused: [] });
  });

  test('with `head` a signed one is followed wherever it leads', async () => {
    const at = place();
    const back = at.sign(alice);
    const applied = at.sign(alice);
    const look = at.verifier('head', applied);
    await look();
    setTo(at, back);
    expect(await look()).toEqual({ head: back, chosen: back, refused: [] });
  });
});

describe('a commit that a person accepts in the cluster', () => {
  /** A branch that was set beside what was applied. */
  function rewritten(signer?: Signer) {
    const at = place();
    const before = at.sign(alice);
    const applied = at.sign(alice);
    const state: { applied: string; accepted?: string } = { applied };
    const look = at.verifier('all', state);
    const head = at.sign(signer, [before]);
    return { ...at, at, before, applied, head, state, look };
  }

  test('is applied, and no other way back is open afterwards', async () => {
    const { at, applied, head, state, look, sign } = rewritten(bob);
    expect(await look()).toMatchObject({ chosen: applied });
    state.accepted = head;
    expect(await look()).toEqual({ head, chosen: head, refused: [] });
    state.applied = head;
    expect(await look()).toEqual({ head, chosen: head, refused: [] });
    expect(state).toEqual({ applied: head });
    const later = sign(alice);
    expect(await look()).toMatchObject({ chosen: later });
    state.applied = later;
    setTo(at, head);
    expect(await look()).toMatchObject({ chosen: later, refused: [[head, parted(head, later)]] });
  });

  test('may have others on it by the time it is looked at', async () => {
    const { head, state, look, sign } = rewritten(bob);
    state.accepted = head;
    const later = sign(alice);
    expect(await look()).toEqual({ head: later, chosen: later, refused: [] });
    state.applied = later;
    await look();
    expect(state).toEqual({ applied: later });
  });

  test('has to be signed all the same', async () => {
    const { applied, head, state, look, before } = rewritten();
    state.accepted = head;
    expect(await look()).toEqual({ head, chosen: undefined, refused: [[head, 'it is not signed']] });
    expect([applied, before]).not.toContain(head);
  });

  test('opens the way to no other', async () => {
    const { head, applied, before, state, look } = rewritten(bob);
    state.accepted = '1'.repeat(40);
    expect(await look()).toMatchObject({ chosen: applied, refused: [[head, parted(head, applied)]] });
    expect(before).not.toBe(head);
  });

  test('is asked for where the host no longer has what was applied', async () => {
    const { sign, verifier } = place();
    const head = sign(alice);
    const state = { applied: '1'.repeat(40), accepted: head };
    expect(await verifier('all', state)()).toEqual({ head, chosen: head, refused: [] });
  });
});
