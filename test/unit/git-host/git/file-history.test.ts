import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { RemoteRepository } from '../../../../shared/git/wire/repository.ts';
import { FileHistory } from '../../../../shared/git-host/git/file-history.ts';
import { MemoryBudget } from '../../../../shared/memory-budget.ts';
import { bareRepository } from '../../../contract/bare-repository.ts';
import { heldBytes } from '../../../fakes/held-bytes.ts';

const MEBIBYTE = 1024 * 1024;
const directory = mkdtempSync(join(tmpdir(), 'sluice-past-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The past of a repository with half a mebibyte of text, and how often it was brought. */
function pastOf(name: string, memory: MemoryBudget) {
  const url = join(directory, `${name}.git`);
  const bare = bareRepository(url, [{ path: 'a.yml', content: randomBytes(MEBIBYTE / 4).toString('hex') }]);
  const first = bare.git('rev-parse', 'main').trim();
  const head = bare.commit([{ path: 'b.yml', content: `name: ${name}\n` }]);
  const remote = new RemoteRepository({
    ...{ url, credentials: { kind: 'none' }, timeoutMillis: 60_000, maxFileBytes: MEBIBYTE },
  });
  let brought = 0;
  const past = new FileHistory(
    {
      async fetchPast(branch, depth) {
        brought += 1;
        return remote.fetchPast(branch, depth);
      },
    },
    memory,
  );
  return { past, bare, first, head, brought: () => brought };
}

async function revisionsOf({ past, head }: ReturnType<typeof pastOf>, path: string): Promise<readonly string[]> {
  const revisions: string[] = [];
  for await (const { revision } of past.history('main', head, path)) {
    revisions.push(revision);
  }
  return revisions;
}

test('the pasts of many repositories are held within one budget, and brought again when they are asked for', async () => {
  const memory = new MemoryBudget(2 * MEBIBYTE);
  const all = Array.from({ length: 6 }, (_, index) => pastOf(`many-${index}`, memory));
  for (const one of all) {
    expect(await revisionsOf(one, 'b.yml')).toEqual([one.head]);
    expect(memory.bytes).toBeLessThanOrEqual(2 * MEBIBYTE);
  }
  expect(memory.bytes).toBeGreaterThan(MEBIBYTE);
  for (const [index, one] of all.entries()) {
    expect(await one.past.text(one.head, 'b.yml')).toBe(`name: many-${index}\n`);
    expect(await one.past.text(one.first, 'b.yml')).toBeUndefined();
    expect(await revisionsOf(one, 'b.yml')).toEqual([one.head]);
    expect(one.brought()).toBe(2);
  }
});

test('a past is brought once where it is asked of again and again, and anew where the branch moved', async () => {
  const one = pastOf('once', new MemoryBudget(2 * MEBIBYTE));
  for (const path of ['a.yml', 'b.yml', 'a.yml']) {
    await revisionsOf(one, path);
  }
  expect(one.brought()).toBe(1);
  const moved = one.bare.commit([{ path: 'b.yml', content: 'moved\n' }]);
  expect(await revisionsOf({ ...one, head: moved }, 'b.yml')).toEqual([moved, one.head]);
  expect([one.brought(), await one.past.text(moved, 'b.yml')]).toEqual([2, 'moved\n']);
});

test('what a branch does not have any more is no missing file: git-head-moved', async () => {
  const one = pastOf('gone', new MemoryBudget(2 * MEBIBYTE));
  await revisionsOf(one, 'b.yml');
  await expect(one.past.text('1'.repeat(40), 'b.yml')).rejects.toMatchObject({
    code: 'git-head-moved',
    retryable: true,
  });
});

test('a file far back is found after a shorter past was brought in the stead of one that had to be let go', async () => {
  const memory = new MemoryBudget(2 * MEBIBYTE);
  const one = pastOf('deep', memory);
  const old = one.bare.commit([{ path: 'c.yml', content: 'old\n' }]);
  const texts = Array.from({ length: 150 }, (_, at) => [{ path: 'd.yml', content: `${at}\n` }]);
  const head = one.bare.commitEach(texts);
  expect(await revisionsOf({ ...one, head }, 'c.yml')).toEqual([old]);
  memory.use({ release: () => {} }, 2 * MEBIBYTE);
  for await (const { revision } of one.past.history('main', head, 'd.yml')) {
    expect(revision).toBe(head);
    break;
  }
  expect(await one.past.text(old, 'c.yml')).toBe('old\n');
});

test('a repository that nobody uses any more is not kept by what its past takes of the budget', async () => {
  const memory = new MemoryBudget(2 * MEBIBYTE);
  const usedOnce = async () => {
    const { past, head } = pastOf('unused', memory);
    for await (const { revision } of past.history('main', head, 'b.yml')) {
      expect(revision).toBe(head);
    }
    return new WeakRef(past);
  };
  const past = await usedOnce();
  await nextTurn();
  heldBytes();
  expect(past.deref()).toBeUndefined();
});
