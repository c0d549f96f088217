import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../../../infra/agent/settings.ts';

const URL = 'https://git.example.com/hello.git';
const read = (...flags: readonly string[]) => readSettings(['node', 'sluice-agent', '--git-url', URL, ...flags]);

test('defaults follow the root of main, and mark what was applied', () => {
  expect(read()).toEqual({
    gitUrl: URL,
    gitBranch: 'main',
    gitPath: [''],
    gitPollInterval: 15_000,
    gitTimeout: 20_000,
    syncInterval: 300_000,
    timeout: 300_000,
    marker: 'sluice-sync',
    namespace: 'default',
    name: 'default',
    reportRegion: 'eu-central-1',
    stateDir: '/var/lib/sluice-agent',
    once: false,
    json: false,
    logLevel: 'info',
  });
});

test.each([
  { flags: ['--git-path', 'k8s', '--git-path', 'base/app.yml'], are: { gitPath: ['k8s', 'base/app.yml'] } },
  { flags: ['--no-marker'], are: { marker: false } },
  { flags: ['--marker', 'applied'], are: { marker: 'applied' } },
  { flags: ['--git-poll-interval', '500ms'], are: { gitPollInterval: 500 } },
  { flags: ['--git-timeout', '5s'], are: { gitTimeout: 5000 } },
  { flags: ['--timeout', '2m'], are: { timeout: 120_000 } },
  { flags: ['--sync-interval', '1h'], are: { syncInterval: 3_600_000 } },
  { flags: ['--name', 'shop-1'], are: { name: 'shop-1' } },
])('$flags', ({ flags, are }) => {
  expect(read(...flags)).toMatchObject(are);
});

describe('a command line that is wrong ends with 1 and says what was expected', { timeout: 30_000 }, () => {
  test.each([
    { fault: 'no repository', flags: [], says: "error: required option '--git-url <url>' not specified\n" },
    {
      fault: 'a duration without a unit',
      flags: ['--git-url', URL, '--timeout', '30'],
      says: "argument '30' is invalid. Expected a duration like 500ms, 15s, 5m or 1h.\n",
    },
    {
      fault: 'a duration of nothing',
      flags: ['--git-url', URL, '--git-poll-interval', '0s'],
      says: "argument '0s' is invalid. Expected a duration like 500ms, 15s, 5m or 1h.\n",
    },
    {
      fault: 'a name that is no label',
      flags: ['--git-url', URL, '--name', 'Shop'],
      says: "argument 'Shop' is invalid. Expected lower-case letters, digits and dashes, 42 at most.\n",
    },
    { fault: 'an unknown option', flags: ['--git-url', URL, '--nonce'], says: "error: unknown option '--nonce'" },
  ])('$fault', async ({ flags, says }) => {
    await expect(promisify(execFile)(process.execPath, ['infra/agent/main.ts', ...flags])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(says),
    });
  });
});
