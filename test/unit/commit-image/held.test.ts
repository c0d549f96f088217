import { describe, expect, test } from 'vitest';
import { FILE, IMAGE, manifest, updatedBranch } from './updated-branch.ts';

const FREEZE = '.sluice/freeze.yml';
/** The branch stands at 1.0.2, and it is the 24th of November. */
const frozen = (until: string) => `- { reason: incident 42, from: 2026-11-20, until: ${until} }\n`;

describe('a freeze that came between decision and commit', () => {
  test.each([
    {
      what: 'holds',
      files: { [FREEZE]: frozen('2026-11-30') },
      reason: 'frozen in .sluice/freeze.yml: incident 42',
      until: '2026-12-01T00:00:00.000Z',
    },
    {
      what: 'beside the workload holds',
      files: {
        [FILE]: manifest('1.0.2').replace(
          '  annotations:\n',
          '  annotations:\n    sluice.dev/freeze: until 2026-11-30\n',
        ),
      },
      reason: 'frozen by sluice.dev/freeze: until 2026-11-30',
      until: '2026-12-01T00:00:00.000Z',
    },
    {
      what: 'that cannot be read holds',
      files: { [FREEZE]: '- frozen' },
      reason: expect.stringContaining('Nothing is updated until it can be read'),
      until: undefined,
    },
  ])('$what, though the head was guessed', async ({ files, reason, until }) => {
    const { host, deliver, tag, lines } = await updatedBranch();
    let pushed = false;
    host.beforeCommit = () => {
      if (!pushed) {
        pushed = true;
        host.push(files);
      }
    };
    await deliver('1.0.3');
    expect(await tag()).toBe('1.0.2');
    const told = lines.find(({ message }) => message === 'update dropped');
    expect(told).toMatchObject({ to: '1.0.3', because: 'held', reason });
    expect(told?.['until']).toBe(until);
  });

  test('and is over lets it go', async () => {
    const { host, deliver, tag } = await updatedBranch();
    host.push({ [FREEZE]: frozen('2026-11-23') });
    await deliver('1.0.3');
    expect(await tag()).toBe('1.0.3');
    expect(host.commits.at(-1)?.message).toContain(IMAGE);
  });
});
