import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDaemon, waitFor } from './daemon.ts';

let logDirectory: string;
beforeAll(() => {
  logDirectory = mkdtempSync(join(tmpdir(), 'sluice-daemon-test-'));
});
afterAll(() => rmSync(logDirectory, { recursive: true, force: true }));

function shell(name: string, script: string) {
  return startDaemon({ name, command: 'sh', arguments: ['-c', script], logDirectory });
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a daemon', () => {
  test('that ends fails the wait at once, with its exit code and last lines', async () => {
    const daemon = await shell('part', 'echo listening; echo the disk is full >&2; exit 3');
    const wait = waitFor('part is ready', () => undefined, { timeoutMillis: 20_000, daemons: [daemon] });
    await expect(wait).rejects.toThrow(
      /^part is ready: part ended \(exit code 3\)\n--- part .*\nlistening\nthe disk is full$/,
    );
  });

  test('that is not ready in time fails the wait with the last fault', async () => {
    const fault = new Error('connection refused');
    const wait = waitFor('part is ready', () => Promise.reject(fault), { timeoutMillis: 100 });
    await expect(wait).rejects.toThrow(/^part is ready: not so after 100 ms; last fault: Error: connection refused/);
  });

  test('whose command does not exist says so', async () => {
    const daemon = await startDaemon({ name: 'none', command: '/no/such/part', arguments: [], logDirectory });
    const wait = waitFor('none is ready', () => undefined, { timeoutMillis: 20_000, daemons: [daemon] });
    await expect(wait).rejects.toThrow(/ended \(exit code 127\).*\/no\/such\/part: No such file or directory/s);
  });

  test('stops on SIGTERM, and on SIGKILL when it does not listen; twice does no harm', async () => {
    const obedient = await shell('obedient', 'exec sleep 60');
    await obedient.stop();
    await obedient.stop();
    expect(obedient.ended()).toBe('SIGTERM');
    const stubborn = await shell('stubborn', 'trap "" TERM; echo deaf; while :; do sleep 0.1; done');
    await waitFor('the trap is set', () => stubborn.log().includes('deaf'), { timeoutMillis: 5000 });
    await stubborn.stop(200);
    expect(stubborn.ended()).toBe('SIGKILL');
  });

  test('that a wrapper runs is what signals reach, and a wrapper that starts nothing is told from one that waits', async () => {
    const script = 'sh -c "trap \'exit 7\' TERM; echo set; while :; do sleep 0.1; done"; exit $?';
    const daemon = await startDaemon({
      name: 'wrapped',
      command: 'sh',
      arguments: ['-c', script],
      logDirectory,
      isWrapper: true,
    });
    await waitFor('the trap is set', () => daemon.log().includes('set'), { timeoutMillis: 5000 });
    await daemon.stop();
    const childless = await startDaemon({
      name: 'childless',
      command: 'sh',
      arguments: ['-c', 'exit 3'],
      logDirectory,
      isWrapper: true,
    });
    expect([daemon.ended(), childless.ended()]).toEqual(['exit code 7', 'exit code 3']);
  });

  test('does not outlive a test runner that was killed', async () => {
    const source = `
      import { startDaemon } from ${JSON.stringify(join(import.meta.dirname, 'daemon.ts'))};
      const logDirectory = ${JSON.stringify(logDirectory)};
      const daemon = await startDaemon({ name: 'orphan', command: 'sleep', arguments: ['60'], logDirectory });
      console.log(daemon.pid);
      setInterval(() => {}, 1000);`;
    const runner = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(runner.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(isRunning(pid)).toBe(true);
    runner.kill('SIGKILL');
    await waitFor('the daemon is gone', () => !isRunning(pid), { timeoutMillis: 5000 });
    expect(isRunning(pid)).toBe(false);
  });
});
