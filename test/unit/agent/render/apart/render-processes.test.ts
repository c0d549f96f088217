import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { RenderProcesses } from '../../../../../infra/agent/render/apart/render-processes.ts';

/** Processes that wait for a signal, and all that were started, the first first. */
function counted() {
  const started: ChildProcess[] = [];
  onTestFinished(() => started.forEach((child) => void child.kill('SIGKILL')));
  const processes = new RenderProcesses((memoryBytes) => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', String(memoryBytes)]);
    started.push(child);
    return child;
  });
  return { processes, started };
}

test('a process that is expected is the one that is taken, and the next is another', () => {
  const { processes, started } = counted();
  processes.expect(1);
  processes.expect(1);
  expect(started).toHaveLength(1);
  expect([processes.take(1), processes.take(1)]).toEqual(started);
  expect(started).toHaveLength(2);
});

test.each([
  { what: 'has another limit of memory', expected: 2, end: async () => {} },
  {
    what: 'has ended meanwhile',
    expected: 1,
    end: async (child: ChildProcess | undefined) => {
      child?.kill('SIGKILL');
      await once(child as ChildProcess, 'exit');
    },
  },
])('a process that $what is not taken', async ({ expected, end }) => {
  const { processes, started } = counted();
  processes.expect(expected);
  await end(started[0]);
  expect(processes.take(1)).toBe(started[1]);
});

/** Prints what keeps a process from its end: at first, while another waits to be taken, and when it is taken. */
const SCRIPT = `
const { RenderProcesses } = await import(process.argv[1]);
const processes = new RenderProcesses();
const held = [process.getActiveResourcesInfo()];
processes.expect(64 * 1024 * 1024);
held.push(process.getActiveResourcesInfo());
const child = processes.take(64 * 1024 * 1024);
held.push(process.getActiveResourcesInfo());
child.kill('SIGKILL');
console.log(JSON.stringify(held));
`;

test('a process that only waits does not keep this one from its end', async () => {
  const file = new URL('../../../../../infra/agent/render/apart/render-processes.ts', import.meta.url);
  const ran = promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT, file.href]);
  const [before, waiting, taken] = JSON.parse((await ran).stdout) as readonly (readonly string[])[];
  expect(waiting).toEqual(before);
  expect(taken).toContain('ProcessWrap');
});
