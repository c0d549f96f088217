import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openMirror } from '../../../../infra/agent/git/mirror.ts';
import { listTree, readBlobs } from '../../../../infra/agent/git/tree.ts';
import { type BareRepository, bareRepository } from '../../../contract/bare-repository.ts';

const WORKER = fileURLToPath(new URL('mirror-worker.ts', import.meta.url));
const FILES = 300;
const KILLS = 12;

function repository(): { bare: BareRepository; mirrors: string } {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-mirror-crash-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const files = Array.from({ length: FILES }, (_, index) => ({ path: `k8s/${index}.yml`, content: `a: ${index}\n` }));
  return { bare: bareRepository(join(directory, 'hello.git'), files), mirrors: join(directory, 'mirrors') };
}

function change(bare: BareRepository, round: number): string {
  return bare.commit(
    Array.from({ length: FILES }, (_, index) => ({ path: `k8s/${index}.yml`, content: `a: ${index} ${round}\n` })),
  );
}

function startWorker(bare: BareRepository, mirrors: string): ChildProcess {
  const worker = spawn(process.execPath, [WORKER, bare.path, mirrors], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void worker.kill('SIGKILL'));
  return worker;
}

/** Ends a worker and the git commands that it started, as a machine that goes down does. */
async function crash(worker: ChildProcess, bare: BareRepository): Promise<void> {
  const ended = once(worker, 'exit');
  worker.kill('SIGKILL');
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [program = '', ...rest] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (program.includes('git') && rest.includes(bare.path)) {
        process.kill(Number(pid), 'SIGKILL');
      }
    } catch {
      // It has ended by itself.
    }
  }
  await ended;
}

test(`killed ${KILLS} times at any moment: the next process reads the head`, { timeout: 120_000 }, async () => {
  const { bare, mirrors } = repository();
  for (let round = 0; round < KILLS; round += 1) {
    const worker = startWorker(bare, mirrors);
    change(bare, round);
    await sleep(120 + Math.random() * 250);
    await crash(worker, bare);
    const options = { url: bare.path, credentials: { kind: 'none' }, directory: mirrors, timeoutMillis: 2000 } as const;
    const mirror = openMirror(options);
    const head = await mirror.fetchHead('main');
    expect(head).toBe(bare.git('rev-parse', 'main').trim());
    const entries = await listTree(mirror, head, ['k8s']);
    const contents = await readBlobs(
      mirror,
      entries.map(({ blob }) => blob),
    );
    expect(contents).toHaveLength(FILES);
    expect(
      contents.every((content) =>
        content.toString().endsWith(` ${round}
`),
      ),
    ).toBe(true);
  }
});

test.each([
  { name: 'as it is', spoil: () => {} },
  {
    name: 'that is taken away under them now and then',
    spoil: (mirrors: string, round: number) => {
      if (round % 2 === 1) {
        rmSync(mirrors, { recursive: true, force: true, maxRetries: 5 });
      }
    },
  },
  {
    name: 'that loses its objects now and then',
    spoil: (mirrors: string, round: number) => {
      // A slow start has made none yet.
      for (const home of round % 2 === 1 && existsSync(mirrors) ? readdirSync(mirrors) : []) {
        rmSync(join(mirrors, home, 'objects'), { recursive: true, force: true, maxRetries: 5 });
      }
    },
  },
])(
  'two processes share a directory $name: both see every file at each head',
  { timeout: 60_000 },
  async ({ spoil }) => {
    const { bare, mirrors } = repository();
    const heads = [bare.git('rev-parse', 'main').trim()];
    const workers = [startWorker(bare, mirrors), startWorker(bare, mirrors)];
    const seen = workers.map(() => new Set<string>());
    for (const [index, { stdout }] of workers.entries()) {
      createInterface({ input: stdout ?? process.stdin }).on('line', (line) => seen[index]?.add(line));
    }
    for (let round = 0; round < 8; round += 1) {
      heads.push(change(bare, round));
      await sleep(150);
      spoil(mirrors, round);
    }
    const last = `${heads.at(-1)} ${FILES}`;
    const ends = () => seen.map((lines) => (lines.has(last) ? last : [...lines].at(-1)));
    await expect.poll(ends, { timeout: 20_000 }).toEqual([last, last]);
    expect(workers.map(({ exitCode }) => exitCode)).toEqual([null, null]);
    const allowed = new Set(heads.map((head) => `${head} ${FILES}`));
    const others = seen.flatMap((lines) => [...lines].filter((line) => !allowed.has(line)));
    expect(others.filter((line) => !line.startsWith('failed for now: '))).toEqual([]);
  },
);
