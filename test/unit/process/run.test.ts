import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Run, run } from '../../../shared/process/run.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-run-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const shell = async (script: string, more: Partial<Run> = {}) =>
  run({
    ...{ command: '/bin/sh', arguments: ['-c', script], directory, environment: { PATH: '/usr/bin:/bin' } },
    ...{ timeoutMillis: 20_000, outputBytes: 1000, ...more },
  });

test.each([
  { how: 'well', script: 'cat; pwd', more: { input: 'in\n' }, expected: { is: 'ended', status: 0, signal: null } },
  { how: 'with a status', script: 'echo no >&2; exit 3', expected: { is: 'ended', status: 3, complaint: 'no\n' } },
  { how: 'by a signal', script: 'kill -9 $$', expected: { is: 'ended', status: null, signal: 'SIGKILL' } },
  {
    how: 'without its input',
    script: 'exit 0',
    more: { input: 'x'.repeat(1e6) },
    expected: { is: 'ended', status: 0 },
  },
  { how: 'for its time', script: 'sleep 60', more: { timeoutMillis: 50 }, expected: { is: 'timed-out' } },
  { how: 'for its output', script: 'yes', expected: { is: 'too-much' } },
  { how: 'before it began', script: '', more: { command: 'none' }, expected: { is: 'not-started' } },
  { how: 'before it could be spawned', script: '\0', expected: { is: 'not-started' } },
])('a run that ends $how', async ({ script, more, expected }) => {
  expect(await shell(script, more)).toMatchObject(expected);
});

test('gives all that it wrote', async () => {
  const ending = await shell('cat; pwd', { input: 'in\n' });
  expect(ending.is === 'ended' && ending.output.toString()).toBe(`in\n${directory}\n`);
});

test('of a long complaint its beginning and its end are kept: the reason may stand in either', async () => {
  const ending = await shell('echo first >&2; yes middle | head -c 1000000 >&2; echo last >&2; exit 1');
  const complaint = ending.is === 'ended' ? ending.complaint : '';
  expect(complaint).toMatch(/^first\n.*… \d+ bytes left out ….*last\n$/s);
  expect(complaint.length).toBeLessThan(70_000);
});

test('a run that is broken off gives the reason, and what it started ends with it', async () => {
  const broken = new AbortController();
  const running = shell('(sleep 0.5; touch late) & wait', { signal: broken.signal });
  setTimeout(() => broken.abort(new Error('no longer wanted')), 50);
  await expect(running).rejects.toThrow('no longer wanted');
  await sleep(700);
  expect(existsSync(join(directory, 'late'))).toBe(false);
});

test('without a handle left it does not start, and the process goes on', async () => {
  const { href: url } = new URL('../../../shared/process/run.ts', import.meta.url);
  const script = `
    import { openSync } from 'node:fs';
    import { run } from '${url}';
    const call = { command: 'true', arguments: [], directory: '/', environment: {}, timeoutMillis: 5000, outputBytes: 9 };
    try { for (;;) openSync('/dev/null'); } catch {}
    const { is, cause } = await run(call);
    process.stdout.write(is + ' ' + cause.code);
  `;
  const line = `ulimit -n 64; exec "${process.execPath}" --input-type=module -e "$0"`;
  const ending = await run({
    ...{ command: '/bin/sh', arguments: ['-c', line, script], directory, environment: {} },
    ...{ timeoutMillis: 20_000, outputBytes: 1000 },
  });
  expect(ending).toMatchObject({ is: 'ended', status: 0 });
  expect(ending.is === 'ended' && ending.output.toString()).toBe('not-started EMFILE');
});
