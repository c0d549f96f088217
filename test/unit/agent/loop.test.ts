import { expect, test } from 'vitest';
import type { Head } from '../../../infra/agent/git/source.ts';
import { ReconcileLoop } from '../../../infra/agent/loop.ts';
import type { LoopSource } from '../../../infra/agent/loop-source.ts';
import { openWakeSignal } from '../../../infra/agent/wake/wake.ts';
import { messageOf, SluiceError } from '../../../shared/errors.ts';
import type { ApplyReport } from '../../../shared/queue/messages.ts';
import { recordingLog } from '../../fakes/recording.ts';

const reportOf = (revision: string, problems: readonly string[] = []): ApplyReport => ({
  version: 1,
  cluster: 'shop',
  repository: 'https://git.example.com/hello.git',
  branch: 'main',
  revision,
  objects: [],
  healthy: problems.length === 0,
  problems: [...problems],
  startedAt: '2026-11-23T10:00:00.000Z',
  finishedAt: '2026-11-23T10:00:00.000Z',
});

/** Runs the loop over these heads, one for each look, and ends it after the last. */
async function loop(
  heads: readonly (string | Head | SluiceError)[],
  apply: (commit: string, signal: AbortSignal) => Promise<ApplyReport> = async (commit) => reportOf(commit),
  suspensions: readonly (string | undefined)[] = [],
) {
  const ended = new AbortController();
  const { log, lines } = recordingLog();
  const applied: string[] = [];
  const reported: string[] = [];
  const refused: Head[] = [];
  const told: string[] = [];
  let look = 0;
  let glance = 0;
  const source: LoopSource = {
    async head() {
      const head = heads[Math.min(look, heads.length - 1)] ?? '';
      look += 1;
      if (look > heads.length) {
        ended.abort();
      }
      if (head instanceof SluiceError) {
        throw head;
      }
      return typeof head === 'string' ? { head, commit: head, problems: [] } : head;
    },
    async apply(commit, signal) {
      applied.push(commit);
      const report = await apply(commit, signal);
      return { report, isCutShort: signal.aborted && !report.healthy };
    },
    report: async ({ revision }) => void reported.push(revision),
    refuse: async (head) => void refused.push(head),
    async suspension() {
      glance += 1;
      return suspensions[glance - 1];
    },
    observer: {
      stands: () => void told.push('stands'),
      failed: (error) => void told.push(`failed ${messageOf(error)}`),
      suspended: (reason) => void told.push(`suspended ${reason}`),
      resumed: () => void told.push('resumed'),
    },
    pollMillis: 5,
    log,
  };
  const wait = openWakeSignal().subscribe();
  await new ReconcileLoop(source, { wait, syncMillis: 60_000, signal: ended.signal }).run();
  return { applied, reported, refused, told, messages: lines.map(({ message }) => message) };
}

test('each new head is applied once and reported once, and stands until the next', async () => {
  expect(await loop(['one', 'one', 'two', 'two'])).toMatchObject({
    applied: ['one', 'two'],
    reported: ['one', 'two'],
    told: ['stands', 'stands', 'stands'],
  });
});

test('a fault leaves what stands, and is met again at the next look', async () => {
  const away = new SluiceError({ code: 'git-unavailable', subject: 'repository', found: 'nobody', retryable: true });
  const { applied, told, messages } = await loop(['one', away, 'two']);
  expect(applied).toEqual(['one', 'two']);
  expect(told.slice(0, 1)).toEqual(['failed repository: nobody']);
  expect(messages).toContain('revision not applied');
});

test('a head that is refused is told of once, and what may be applied is', async () => {
  const bad = { head: 'bad', commit: 'one', problems: ['commit bad: it is not signed'] };
  const { applied, refused, messages } = await loop(['one', bad, bad, 'two']);
  expect({ applied, refused }).toEqual({ applied: ['one', 'two'], refused: [bad] });
  expect(messages).toContain('revision refused');
});

test('nothing is applied where nothing may be', async () => {
  const bad = { head: 'bad', commit: undefined, problems: ['commit bad: it is not signed'] };
  expect(await loop([bad, bad])).toMatchObject({ applied: [], reported: [], refused: [bad] });
});

test('a new head ends the wait for a revision that does not become healthy, of which nothing is told then', async () => {
  const wait = async (commit: string, signal: AbortSignal) => {
    if (commit === 'stuck') {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
    }
    return reportOf(commit, commit === 'stuck' ? ['deployment/default/hello: 1 of 2 replicas are available'] : []);
  };
  const { applied, reported, messages } = await loop(['stuck', 'stuck', 'mended', 'mended'], wait);
  expect({ applied, reported }).toEqual({ applied: ['stuck', 'mended'], reported: ['mended'] });
  expect(messages).toContain('revision superseded');
});

test('a nudge ends the wait for the next look, and so does what was found while another revision was waited for', async () => {
  const ended = new AbortController();
  const nudges = openWakeSignal();
  const looks = ['stuck', 'mended'];
  const applied: string[] = [];
  const hour = 3_600_000;
  const source: LoopSource = {
    async head() {
      const head = looks.shift() ?? 'mended';
      return { head, commit: head, problems: [] };
    },
    async apply(commit, signal) {
      applied.push(commit);
      if (commit === 'stuck') {
        nudges.wake();
        await new Promise((resolve) => {
          signal.addEventListener('abort', resolve);
        });
      } else {
        ended.abort();
      }
      return { report: reportOf(commit), isCutShort: false };
    },
    report: async () => {},
    refuse: async () => {},
    suspension: async () => undefined,
    observer: { stands() {}, failed() {}, suspended() {}, resumed() {} },
    pollMillis: hour,
    log: recordingLog().log,
  };
  await new ReconcileLoop(source, { wait: nudges.subscribe(), syncMillis: hour, signal: ended.signal }).run();
  expect(applied).toEqual(['stuck', 'mended']);
});

test('nothing is applied while it is suspended, and what stands is applied again after it', async () => {
  const suspensions = [undefined, 'release freeze', 'release freeze'];
  const { applied, told, messages } = await loop(['one', 'one', 'one'], undefined, suspensions);
  expect(applied).toEqual(['one', 'one']);
  expect(told.slice(0, 3)).toEqual(['suspended release freeze', 'suspended release freeze', 'resumed']);
  expect(messages.filter((message) => message === 'suspended' || message === 'resumed')).toEqual([
    'suspended',
    'resumed',
  ]);
});
