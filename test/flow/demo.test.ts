import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { COMMITTED, type DemoFolder, demoFolder, endOf } from './demo-process.ts';

let folder: DemoFolder;
beforeEach(() => {
  folder = demoFolder();
});
afterEach(() => folder.remove());

describe('the demo', { timeout: 90_000 }, () => {
  test('tells its story once, ends with 0 and leaves nothing', async () => {
    const { status, said } = await folder.start(['--once']).ended;
    expect({ status, runs: folder.runs() }).toEqual({ status: 0, runs: [] });
    expect(said).toMatch(/● hello:tmp is pushed.*kept: tag tmp.*● hello:\w{12} is pushed.*rolled out \w{7}\n/s);
  });

  test('Ctrl-C in a roll-out ends it with 130 and leaves nothing', async () => {
    const ended = await endOf(folder, { after: COMMITTED, end: 'SIGINT' });
    expect(ended).toMatchObject({ status: 130, runs: [], agents: [] });
    expect(ended.said).not.toContain('Error');
  });

  test.each([
    { what: '--image alone', flags: ['--image', 'a:1'], says: '--context, --image and --next belong together' },
    {
      what: 'a context that is not there',
      flags: ['--context', 'nowhere'],
      says: 'Name a kubeconfig with --kubeconfig, or by the variable KUBECONFIG.',
    },
  ])('$what is refused at once, and leaves nothing', async ({ flags, says }) => {
    const { status, said } = await folder.start(flags).ended;
    expect({ status, runs: folder.runs() }).toEqual({ status: 1, runs: [] });
    expect(said).toContain(says);
  });
});
