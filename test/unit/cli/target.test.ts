import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { openTarget } from '../../../infra/cli/target.ts';
import { sluiceProcess } from '../../command-line.ts';
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

test.each([
  {
    what: 'no region',
    variables: { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' },
    found: 'Region is missing',
    next: 'Name the region of AWS: set AWS_REGION, or give --region where there is one.',
  },
  {
    what: 'no credentials',
    variables: { AWS_REGION: 'eu-central-1' },
    found: 'Could not load credentials from any providers',
    next: 'Set credentials of AWS that may invoke it, as for its own command line: AWS_PROFILE, or aws sso login.',
  },
])('on AWS, $what has a next step', async ({ variables, found, next }) => {
  const environment = { HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true', ...variables };
  const { code, stderr } = await sluiceProcess(['doctor', '--target', 'sluice-prod'], environment);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^function sluice-prod-[a-z-]+: /);
  expect(stderr).toContain(`: expected an answer, found ${found}. ${next}\n`);
});

test.each(['localhost:8081', '127.0.0.1:8081', 'sluice prod', ''])('%j is no target', (target) => {
  expect(() => openTarget({ target, stateDir: '/nonexistent' })).toThrow(
    `--target: expected the URL of the local runtime, or what the names of a deployment begin with, as sluice-prod, found ${JSON.stringify(target)}. The runtime of this machine is http://127.0.0.1:8081 where nothing else was said.`,
  );
});
