import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { openTarget } from '../../../infra/cli/target.ts';
import { startOperated } from './operated.ts';

test.each([
  { name: 'report-apply, which agents invoke too, by the alias of operators', of: 'report-apply', by: 'operator' },
  { name: 'sweep by its name alone', of: 'sweep', by: 'none' },
  { name: 'commit-image by its name alone', of: 'commit-image', by: 'none' },
] as const)('an operator asks $name', async ({ of, by }) => {
  const stateDir = mkdtempSync(join(tmpdir(), 'sluice-target-'));
  const server = await startOperated({
    offers: { [of]: (_payload: unknown, qualifier?: string) => qualifier ?? 'none' },
  });
  onTestFinished(async () => {
    await server.stop();
    rmSync(stateDir, { recursive: true });
  });
  const target = openTarget({ target: server.url, stateDir });
  expect(await target.invoke(of, { operation: 'check' }, z.string())).toBe(by);
});
