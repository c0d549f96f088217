import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import { startControlPlane } from '../control-plane.ts';
import { waitFor } from '../daemon.ts';
import { debianPath } from '../parts.ts';
import type { AbandonedRun } from './abandoned-run.ts';
import { RealNodes } from './nodes.ts';

const timeout = { timeoutMillis: 20_000 };

/** Every process id with its parent's. */
function processes(): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      found.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It ended while the list was read.
    }
  }
  return found;
}

function descendants(pid: number, all = processes()): readonly number[] {
  const children = [...all].filter(([, parent]) => parent === pid).map(([child]) => child);
  return [...children, ...children.flatMap((child) => descendants(child, all))];
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
}

function cgroupsNamed(name: string): readonly string[] {
  const root = '/sys/fs/cgroup';
  return [root, ...readdirSync(root).map((entry) => join(root, entry))]
    .map((tree) => join(tree, name))
    .filter((path) => existsSync(path));
}

const runners: ChildProcess[] = [];
afterEach(() => {
  for (const runner of runners.splice(0)) runner.kill('SIGKILL');
});

async function startAbandonedRun() {
  const main = join(import.meta.dirname, 'abandoned-run.ts');
  const runner = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'] });
  runners.push(runner);
  const [line] = (await once(createInterface(runner.stdout), 'line')) as [string];
  return { runner, run: JSON.parse(line) as AbandonedRun };
}

describe('a test run with a node that is killed (SIGKILL)', { timeout: 300_000 }, () => {
  test('leaves no process, mount or interface, and the next start removes its files and cgroups, but not those of a run that goes on', async () => {
    const { runner, run } = await startAbandonedRun();
    const started = descendants(runner.pid ?? Number.NaN);
    const commands = started.map(commandOf);
    expect(commands).toEqual(
      expect.arrayContaining(['kubelet', 'containerd', 'kube-proxy', 'kube-apiserver', 'busybox']),
    );
    const name = basename(run.directory);
    expect(cgroupsNamed(name)).not.toEqual([]);

    runner.kill('SIGKILL');
    await once(runner, 'exit');
    const areGone = () => started.every((pid) => !processes().has(pid));
    await waitFor('all that the run started is gone', areGone, timeout);
    const address = () =>
      execFileSync(debianPath('ip'), ['-brief', 'address', 'show', 'to', run.hostAddress], { encoding: 'utf8' });
    await waitFor('its interface is gone', () => address() === '', timeout);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(name);

    const cluster = await startControlPlane({ nodes: 0 });
    const first = await RealNodes.start(cluster).catch(async (error) => {
      await cluster.stop();
      throw error;
    });
    try {
      expect({ files: existsSync(run.directory), cgroups: cgroupsNamed(name) }).toEqual({ files: false, cgroups: [] });
      const second = await startAbandonedRun();
      expect(existsSync(first.directory)).toBe(true);
      expect(await first.node.isReady()).toBe(true);
      second.runner.kill('SIGKILL');
      await once(second.runner, 'exit');
    } finally {
      await first.stop();
      await cluster.stop();
    }
    expect({ files: existsSync(first.directory), cgroups: cgroupsNamed(basename(first.directory)) }).toEqual({
      files: false,
      cgroups: [],
    });
  });
});
