import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { waitFor } from '../daemon.ts';
import { debianPath } from '../parts.ts';
import { abandonedFolders, makeRunFolder } from '../run-folder.ts';
import type { AbandonedRun } from './abandoned-run.ts';
import { cgroupRoots, cgroupsNamed } from './cgroups.ts';
import { RealNodes } from './nodes.ts';

const timeout = { timeoutMillis: 20_000 };
const patience = 300_000;
let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await startControlPlane({ nodes: 0 });
}, patience);
afterAll(() => cluster?.stop());

/** One line of the process table; the start time tells it from a later process with the same id. */
interface ProcessLine {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly startTime: string;
}

function processes(): readonly ProcessLine[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const end = stat.lastIndexOf(')');
        const fields = stat.slice(end + 2).split(' ');
        const command = stat.slice(stat.indexOf('(') + 1, end);
        return [{ pid: Number(name), parent: Number(fields[1]), command, startTime: fields[19] ?? '' }];
      } catch {
        // It ended while the table was read.
        return [];
      }
    });
}

function descendants(pid: number, all = processes()): readonly ProcessLine[] {
  const children = all.filter(({ parent }) => parent === pid);
  return [...children, ...children.flatMap((child) => descendants(child.pid, all))];
}

function isRunning({ pid, startTime }: ProcessLine): boolean {
  return processes().some((line) => line.pid === pid && line.startTime === startTime);
}

function interfaceWith(address: string): string {
  return execFileSync(debianPath('ip'), ['-brief', 'address', 'show', 'to', address], { encoding: 'utf8' });
}

const runners: ChildProcess[] = [];
afterEach(() => {
  for (const runner of runners.splice(0)) runner.kill('SIGKILL');
});

async function startRunner(): Promise<{ readonly runner: ChildProcess; readonly run: AbandonedRun }> {
  const main = fileURLToPath(import.meta.resolve('./abandoned-run.ts'));
  const runner = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'] });
  runners.push(runner);
  const ended = once(runner, 'exit').then(() =>
    Promise.reject(new Error('the run: expected it to go on, found it ended')),
  );
  const [line] = (await Promise.race([once(createInterface(runner.stdout), 'line'), ended])) as [string];
  ended.catch(() => undefined);
  return { runner, run: JSON.parse(line) as AbandonedRun };
}

describe('a test run with a node', { timeout: patience }, () => {
  test('that is killed (SIGKILL) leaves no process, mount or interface; the next start removes its files and cgroups, and leaves a run that goes on alone', async () => {
    const goesOn = await RealNodes.start(cluster);
    try {
      const { runner, run } = await startRunner();
      const started = descendants(runner.pid ?? Number.NaN);
      const parts = ['kubelet', 'containerd', 'containerd-shim', 'kube-proxy', 'kube-apiserver', 'docker-registry'];
      expect(started.map(({ command }) => command)).toEqual(expect.arrayContaining([...parts, 'busybox']));
      const name = basename(run.directory);
      expect(cgroupsNamed(name)).not.toEqual([]);

      runner.kill('SIGKILL');
      await waitFor('all that the run started is gone', () => !started.some(isRunning), timeout);
      await waitFor('its interface is gone', () => interfaceWith(run.hostAddress) === '', timeout);
      expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(name);

      for (const kind of ['sluice-nodes', 'sluice-control-plane', 'sluice-registry']) {
        const abandoned = abandonedFolders(kind);
        // Another suite that starts meanwhile removes them as well.
        const left = readdirSync(tmpdir()).filter((folder) => folder.startsWith(`${kind}-${runner.pid}-`));
        expect(abandoned).toEqual(expect.arrayContaining(left));
      }
      // Even a start that comes to nothing, so that this needs no second cluster.
      await expect(RealNodes.start(cluster, { registries: ['not a host'] })).rejects.toThrow('Invalid URL');
      expect({ files: existsSync(run.directory), cgroups: cgroupsNamed(name) }).toEqual({ files: false, cgroups: [] });
      expect([existsSync(goesOn.directory), await goesOn.node.isReady()]).toEqual([true, true]);
    } finally {
      await goesOn.stop();
      for (const kind of ['sluice-control-plane', 'sluice-registry'])
        rmSync(await makeRunFolder(kind), { recursive: true });
    }
    const left = { files: existsSync(goesOn.directory), cgroups: cgroupsNamed(basename(goesOn.directory)) };
    expect(left).toEqual({ files: false, cgroups: [] });
  });

  test.each([
    { what: 'a registry that is no host and port', options: { registries: ['not a host'] }, says: 'Invalid URL' },
    { what: 'more nodes than there are addresses for', options: { count: 4 }, says: 'nodes: expected 1 to 3, found 4' },
  ])('that cannot start for $what leaves nothing', async ({ options, says }) => {
    await expect(RealNodes.start(cluster, options)).rejects.toThrow(says);
    const own = descendants(process.pid).map(({ command }) => command);
    expect(own.filter((command) => ['tini', 'unshare', 'nsenter', 'kubelet'].includes(command))).toEqual([]);
    const places = [tmpdir(), ...cgroupRoots()].flatMap((place) => readdirSync(place));
    expect(places.filter((name) => name.startsWith(`sluice-nodes-${process.pid}-`))).toEqual([]);
  });
});
