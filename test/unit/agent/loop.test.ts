import { expect, test } from 'vitest';
import { runLoop } from '../../../infra/agent/loop.ts';
import { SluiceError } from '../../../shared/errors.ts';
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
  heads: readonly (string | SluiceError)[],
  apply: (commit: string, signal: AbortSignal) => Promise<ApplyReport> = async (commit) => reportOf(commit),
) {
  const ended = new AbortController();
  const { log, lines } = recordingLog();
  const applied: string[] = [];
  const reported: string[] = [];
  let look = 0;
  await runLoop({
    async head() {
      const head = heads[Math.min(look, heads.length - 1)] ?? '';
      look += 1;
      if (look > heads.length) {
        ended.abort();
      }
      if (head instanceof SluiceError) {
        throw head;
      }
      return head;
    },
    async apply(commit, signal) {
      applied.push(commit);
      return apply(commit, signal);
    },
    report: async ({ revision }) => void reported.push(revision),
    pollMillis: 5,
    syncMillis: 60_000,
    signal: ended.signal,
    log,
  });
  return { applied, reported, messages: lines.map(({ message }) => message) };
}

test('each new head is applied once and reported once', async () => {
  expect(await loop(['one', 'one', 'two', 'two'])).toMatchObject({ applied: ['one', 'two'], reported: ['one', 'two'] });
});

test('a fault leaves what stands, and is met again at the next look', async () => {
  const away = new SluiceError({ code: 'git-unavailable', subject: 'repository', found: 'nobody', retryable: true });
  const { applied, messages } = await loop(['one', away, 'two']);
  expect(applied).toEqual(['one', 'two']);
  expect(messages).toContain('revision not applied');
});

test('a new head ends the wait for a revision that does not become healthy', async () => {
  const wait = async (commit: string, signal: AbortSignal) => {
    if (commit === 'stuck') {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
    }
    return reportOf(commit, commit === 'stuck' ? ['deployment/default/hello: 1 of 2 replicas are available'] : []);
  };
  const { applied, messages } = await loop(['stuck', 'stuck', 'mended', 'mended'], wait);
  expect(applied).toEqual(['stuck', 'mended']);
  expect(messages).toContain('revision superseded');
});
