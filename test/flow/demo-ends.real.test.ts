import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { agentsOf, COMMITTED, type DemoFolder, demoFolder, endOf } from './demo-process.ts';

let folder: DemoFolder;
beforeEach(() => {
  folder = demoFolder();
});
afterEach(() => folder.remove());

const STAYS = 'It stays up.';

describe('the demo', { timeout: 90_000 }, () => {
  test.each([
    { how: 'a terminal that is closed in a roll-out', after: COMMITTED, end: 'SIGHUP', status: 130 },
    { how: 'Ctrl-C before the story', after: 'Bringing up', end: 'SIGINT', status: 130 },
    { how: 'Ctrl-C after the story', after: STAYS, end: 'SIGINT', status: 0 },
  ] as const)('$how ends it with $status and leaves nothing', async ({ after, end, status }) => {
    const ended = await endOf(folder, { after, end });
    expect(ended).toMatchObject({ status, runs: [], agents: [] });
    expect(ended.said).not.toContain('Error');
  });

  test('a reader who has seen enough, as `head` has, ends it and leaves nothing', async () => {
    const demo = folder.start([]);
    await demo.until('rolled out');
    const [run = 'none'] = folder.runs();
    demo.closeOutput();
    const { said } = await demo.ended;
    expect({ runs: folder.runs(), agents: agentsOf(run) }).toEqual({ runs: [], agents: [] });
    expect(said).not.toContain('EPIPE');
  });

  test('after kill -9 its agent ends, and the next start removes what was left', async () => {
    const killed = folder.start([]);
    await killed.until(COMMITTED);
    const left = folder.runs();
    expect(agentsOf(left[0] ?? 'none')).toHaveLength(1);
    killed.kill('SIGKILL');
    await killed.ended;
    expect(folder.runs()).toEqual(left);
    await vi.waitUntil(() => agentsOf(left[0] ?? 'none').length === 0, { timeout: 20_000 });
    expect((await folder.start(['--once']).ended).status).toBe(0);
    expect(folder.runs()).toEqual([]);
  });

  test('a second one runs beside the first, and leaves that one alone', async () => {
    const first = folder.start([]);
    await first.until(STAYS);
    const [, words = ''] = /sluice -- (doctor .*)/.exec(first.said()) ?? [];
    expect((await folder.sluice(words.split(' '))).said).toContain('report-apply\n  ok       agents: demo: ');
    expect((await folder.start(['--once']).ended).status).toBe(0);
    expect(folder.runs()).toHaveLength(1);
    const pushed = await folder.start(['push', 'hello:1.0.1']).ended;
    expect(pushed).toMatchObject({ status: 0, said: expect.stringMatching(/^hello:1\.0\.1 sha256:/) });
    await first.until('● hello:1.0.1 is pushed');
    first.kill('SIGTERM');
    expect((await first.ended).status).toBe(0);
    expect(await folder.start(['push', 'hello:1.0.2']).ended).toEqual({
      status: 1,
      said: 'demo: expected one that runs in this folder and has a registry, found none. Start it with `npm start` in another terminal.\n',
    });
  });
});
