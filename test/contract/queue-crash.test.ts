import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSqliteQueue } from '../../infra/local/queue/sqlite-queue.ts';
import { openQueueStore } from '../../infra/local/queue/store.ts';

const SENDER_KILLS = 20;
const WORKER_KILLS = 10;
const LONGEST_LIFE_MILLIS = 150;
const worker = fileURLToPath(new URL('./queue-crash-worker.ts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'sluice-crash-'));
const file = join(directory, 'queues.db');
const sendJournal = join(directory, 'send.txt');
const workJournals = [join(directory, 'work-0.txt'), join(directory, 'work-1.txt')];
const children = new Set<ChildProcess>();
const drained: Record<'fifo' | 'standard', readonly number[]> = { fifo: [], standard: [] };

/** The lines that begin with a word, as words; the last may be cut, as it was being written. */
function linesOf(journal: string, word: string): readonly (readonly string[])[] {
  const lines = readFileSync(journal, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => line.split(' ')).filter(([first]) => first === word);
}

const sent = (word: 'sending' | 'sent') => linesOf(sendJournal, word).map(([, number]) => Number(number));
const worked = (word: 'received' | 'deleted', kind: string) =>
  workJournals.flatMap((journal) => linesOf(journal, word)).filter(([, of]) => of === kind);
const numbersOf = (lines: readonly (readonly string[])[]) => lines.map(([, , number]) => Number(number));

/** Runs a process until it is killed, a random while after it began. */
async function runAndKill(role: string, journal: string, first = 0): Promise<void> {
  const starts = linesOf(journal, 'start').length;
  const child = spawn(process.execPath, [worker, role, file, journal, String(first)], { stdio: 'inherit' });
  children.add(child);
  const exited = once(child, 'exit');
  while (linesOf(journal, 'start').length === starts && child.exitCode === null) {
    await sleep(5);
  }
  await sleep(Math.random() * LONGEST_LIFE_MILLIS);
  child.kill('SIGKILL');
  const [code, signal] = await exited;
  children.delete(child);
  if (signal !== 'SIGKILL') {
    throw new Error(`a process ended by itself: ${code}`);
  }
}

async function drain(name: string, fifo: boolean): Promise<readonly number[]> {
  const store = openQueueStore(file);
  const queue = openSqliteQueue(store, { name, fifo, now: () => Date.now() + 60_000 });
  const numbers: number[] = [];
  for (;;) {
    const batch = await queue.receive({ max: 10, visibilitySeconds: 30, waitSeconds: 0 });
    if (batch.length === 0) {
      store.close();
      return numbers;
    }
    for (const { body, receiptHandle } of batch) {
      numbers.push(Number(body));
      await queue.delete(receiptHandle);
    }
  }
}

beforeAll(async () => {
  for (const journal of [sendJournal, ...workJournals]) {
    writeFileSync(journal, '');
  }
  const sending = async () => {
    for (let kill = 0; kill < SENDER_KILLS; kill += 1) {
      // It does not know whether its last message is in, and sends it again.
      await runAndKill('send', sendJournal, Math.max(-1, ...sent('sent')) + 1);
    }
  };
  const working = async (journal: string) => {
    for (let kill = 0; kill < WORKER_KILLS; kill += 1) {
      await runAndKill('work', journal);
    }
  };
  await Promise.all([sending(), ...workJournals.map(working)]);
  drained.fifo = await drain('updates.fifo', true);
  drained.standard = await drain('pushes', false);
}, 120_000);

afterAll(() => {
  for (const child of children) {
    child.kill('SIGKILL');
  }
  rmSync(directory, { recursive: true });
});

test('the processes did something before they died, and the file is whole', () => {
  expect(sent('sent').length).toBeGreaterThan(SENDER_KILLS);
  expect(worked('deleted', 'fifo').length).toBeGreaterThan(WORKER_KILLS);
  expect(worked('deleted', 'standard').length).toBeGreaterThan(WORKER_KILLS);
  const store = openQueueStore(file);
  expect(store.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  store.close();
});

describe.each([{ kind: 'fifo' as const }, { kind: 'standard' as const }])('$kind', ({ kind }) => {
  test('every message that was sent was received, by a worker or at the end', () => {
    const received = new Set([...drained[kind], ...numbersOf(worked('received', kind))]);
    expect(sent('sent').filter((number) => !received.has(number))).toEqual([]);
  });

  test('a message that was sent once is deleted once, and does not come back', () => {
    const sendings = Map.groupBy(sent('sending'), (number) => number);
    const deleted = [...numbersOf(worked('deleted', kind)), ...drained[kind]];
    // A FIFO queue drops what a sender repeated; a standard queue has it twice.
    const expectedOnce = deleted.filter((number) => kind === 'fifo' || sendings.get(number)?.length === 1);
    expect(expectedOnce.length).toBeGreaterThan(0);
    expect(expectedOnce.toSorted((a, b) => a - b)).toEqual([...new Set(expectedOnce)].toSorted((a, b) => a - b));
  });
});

test('in a group, no message was done with before one that was sent earlier', () => {
  const done = worked('deleted', 'fifo').map(([, , number, group = '', before = '', after = '']) => ({
    number: Number(number),
    group,
    before: BigInt(before),
    after: BigInt(after),
  }));
  const overtaken = done.filter((one) =>
    done.some(({ group, number, after }) => group === one.group && number > one.number && after < one.before),
  );
  expect(overtaken).toEqual([]);
});
