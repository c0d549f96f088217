import { afterEach, describe, expect, test } from 'vitest';
import { openSqliteQueue } from '../../../infra/local/queue/sqlite-queue.ts';
import { openQueueStore } from '../../../infra/local/queue/store.ts';
import type { FunctionName } from '../../../shared/config/secret-uses.ts';
import type { MessageSender, OutgoingMessage } from '../../../shared/queue/port.ts';
import { sluice } from '../../command-line.ts';
import { recordingSender } from '../../fakes/recording.ts';
import { type Offer, startOperated } from './operated.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map(async (stop) => stop()));
});

const target = async (offers: Partial<Record<FunctionName, Offer>>) => {
  const server = await startOperated({ offers });
  stops.push(async () => server.stop());
  return { SLUICE_TARGET: server.url };
};

/** A function whose dead-letter queue holds these messages; what is sent back is kept. */
async function withDeadLetters(messages: readonly OutgoingMessage[]) {
  const store = openQueueStore(':memory:');
  stops.push(async () => store.close());
  const queue = openSqliteQueue(store, { name: 'dead', fifo: false });
  await queue.send(messages);
  const source = recordingSender();
  const offer = (to: MessageSender = source) => ({ checks: [], deadLetters: { open: async () => queue, target: to } });
  return { queue, source, offer };
}

const push = (tag: string, error = 'registry unavailable') => ({
  body: JSON.stringify({
    version: 1,
    id: tag,
    source: 'ghcr',
    registry: 'ghcr.io',
    repository: 'acme/web',
    tag,
    receivedAt: '2026-11-23T10:00:00Z',
  }),
  attributes: { error },
});

interface Listed {
  readonly deadLetters: readonly { readonly messageId: string; readonly summary: string; readonly queue: string }[];
}

describe('what failed is shown', () => {
  test('nothing', async () => {
    expect(await sluice(['replay'], await target({}))).toEqual({
      code: 0,
      stdout: 'events: none\npushes: none\nupdates: none\nreports: none\n',
      stderr: '',
    });
  });

  test('each with its reason, and stays', async () => {
    const { offer, queue } = await withDeadLetters([push('1.0.0', 'first line\nsecond line'), push('1.0.1')]);
    const { stdout, code } = await sluice(
      ['replay', '--queue', 'pushes'],
      await target({ 'evaluate-policy': offer() }),
    );
    expect(stdout).toMatch(
      /^pushes: 2\n {2}\S+ {2}20\S+Z {2}push of ghcr\.io\/acme\/web:1\.0\.0 \(ghcr\)\n {6}first line\n {6}second line\n {2}\S+ {2}20\S+Z {2}push of ghcr\.io\/acme\/web:1\.0\.1 \(ghcr\)\n {6}registry unavailable\n$/,
    );
    expect(code).toBe(0);
    expect(await queue.depth()).toEqual({ visible: 2, inFlight: 0 });
  });

  test('without what a terminal would act on', async () => {
    const { offer } = await withDeadLetters([push('1.0.0\u202e', 'first\u001b]0;x\u0007\n\u009b2Jsecond')]);
    const { stdout } = await sluice(['replay', '--queue', 'pushes'], await target({ 'evaluate-policy': offer() }));
    expect(stdout).toMatch(/ {2}push of ghcr\.io\/acme\/web:1\.0\.0\\u202e \(ghcr\)\n/);
    expect(stdout).toMatch(/\n {6}first\\x1b\]0;x\\x07\n {6}\\x9b2Jsecond\n$/);
  });

  test('of each function, as JSON; only those that are asked for', async () => {
    const events = await withDeadLetters([push('1.0.0')]);
    const updates = await withDeadLetters([push('1.0.1'), push('1.0.2')]);
    const variables = await target({ 'receive-push': events.offer(), 'commit-image': updates.offer() });
    const { deadLetters }: Listed = JSON.parse((await sluice(['replay', '--json'], variables)).stdout);
    expect(deadLetters.map(({ queue }) => queue)).toEqual(['events', 'updates', 'updates']);
    const chosen = deadLetters[2]?.messageId ?? '';
    const { stdout } = await sluice(['replay', '--json', '--message', chosen], variables);
    expect(JSON.parse(stdout)).toEqual({ deadLetters: [deadLetters[2]] });
  });
});

describe('what is mended is sent back', () => {
  test('all of it, however often a function has to be asked', async () => {
    const messages = Array.from({ length: 105 }, (_, at) => push(`1.0.${at}`));
    const { offer, source, queue } = await withDeadLetters(messages);
    const { stdout, code } = await sluice(['replay', '--redrive'], await target({ 'evaluate-policy': offer() }));
    expect(stdout).toBe(
      'events: 0 sent back, 0 left\npushes: 105 sent back, 0 left\nupdates: 0 sent back, 0 left\nreports: 0 sent back, 0 left\n',
    );
    expect(code).toBe(0);
    expect(source.sent.map(({ body }) => body)).toEqual(messages.map(({ body }) => body));
    expect(await queue.depth()).toEqual({ visible: 0, inFlight: 0 });
  });

  test('only these', async () => {
    const { offer, source } = await withDeadLetters([push('1.0.0'), push('1.0.1')]);
    const variables = await target({ 'evaluate-policy': offer() });
    const { deadLetters }: Listed = JSON.parse((await sluice(['replay', '--json'], variables)).stdout);
    const second = deadLetters.find(({ summary }) => summary.includes('1.0.1'))?.messageId ?? '';
    const words = ['replay', '--queue', 'pushes', '--redrive', '--json', '--message', second];
    expect(JSON.parse((await sluice(words, variables)).stdout)).toEqual({
      queues: [{ queue: 'pushes', redriven: 1, left: 1 }],
    });
    expect(source.sent).toHaveLength(1);
  });

  test('once: what fails again at once is there for the next time', async () => {
    const { offer, queue } = await withDeadLetters([push('1.0.0'), push('1.0.1')]);
    const variables = await target({ 'report-apply': offer(queue) });
    const { stdout } = await sluice(['replay', '--queue', 'reports', '--redrive'], variables);
    expect(stdout).toBe('reports: 2 sent back, 0 left\n');
    expect(await queue.depth()).toEqual({ visible: 2, inFlight: 0 });
  });
});

describe('what cannot be', () => {
  const failing: Offer = () => {
    throw new Error('queue updates: expected an answer, found none');
  };
  test.each([
    {
      what: 'a function that fails',
      offers: { 'commit-image': failing },
      code: 1,
      says: 'function commit-image: queue updates: expected an answer, found none. Look into the log of commit-image.\n',
    },
    {
      what: 'no such function',
      offers: { 'commit-image': undefined },
      code: 1,
      says: 'function commit-image: expected an answer, found no such function. Check --target and --region.\n',
    },
  ])('$what ends with $code', async ({ offers, code, says }) => {
    const variables = await target(offers);
    const words = ['replay', '--queue', 'updates'];
    expect(await sluice(words, variables)).toEqual({ code, stdout: '', stderr: says });
    expect(await sluice([...words, '--redrive'], variables)).toEqual({ code, stdout: '', stderr: says });
  });

  test('what was sent back before a function failed is told', async () => {
    const { offer } = await withDeadLetters([push('1.0.0')]);
    const variables = await target({ 'evaluate-policy': offer(), 'commit-image': failing });
    expect(await sluice(['replay', '--redrive'], variables)).toEqual({
      code: 1,
      stdout: 'events: 0 sent back, 0 left\npushes: 1 sent back, 0 left\n',
      stderr: expect.stringMatching(/^function commit-image: /),
    });
  });
});
