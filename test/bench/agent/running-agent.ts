import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Daemon, startDaemon } from '../../cluster/daemon.ts';
import { freePort } from '../../cluster/free-port.ts';
import { linesOf } from '../../flow/runtime-stage.ts';
import { until } from '../../flow/stage.ts';
import { type Cost, type Usage, usageOf } from './cost.ts';
import type { BenchStage } from './stage.ts';

/** An agent that follows a repository, and what it takes. */
export interface RunningAgent {
  /** Waits for a line of its log, after those that `after` has seen. */
  readonly line: (message: string, after: number) => Promise<LogLine>;
  /** How many lines it has written. */
  readonly count: () => number;
  readonly usage: () => Usage;
  /** How many requests to the API server it has had answered. */
  readonly requests: () => Promise<number>;
  readonly nudge: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface LogLine {
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Which line of the log it is, from 0. */
  readonly index: number;
}

const PATIENCE_MILLIS = 240_000;

/** Starts an agent as a process of its own, with flags for what it follows. */
export async function startAgent(stage: BenchStage, name: string, flags: readonly string[]): Promise<RunningAgent> {
  const { cluster, command, directory } = stage;
  const port = await freePort();
  const secretFile = join(directory, 'nudge-secret');
  const daemon = await startDaemon({
    name,
    command: process.execPath,
    arguments: [
      ...[...command, '--name', name, '--http-port', String(port), '--state-dir', join(directory, `state-${name}`)],
      ...['--kubeconfig', cluster.kubeconfig, '--nudge-secret-file', secretFile, '--no-marker', ...flags],
    ],
    logDirectory: directory,
  });
  return watchAgent(daemon, port, readFileSync(secretFile, 'utf8'));
}

function watchAgent(daemon: Daemon, port: number, secret: string): RunningAgent {
  // Thousands of lines are not read as JSON again and again.
  const written = () => daemon.log().split('\n').slice(0, -1);
  const address = `http://127.0.0.1:${port}`;
  return {
    count: () => written().length,
    async line(message, after) {
      return until(
        `${message} of ${daemon.name}`,
        { lines: () => linesOf(daemon) },
        () => {
          const lines = written();
          const index = lines.findIndex((one, at) => at >= after && one.endsWith(`"message":"${message}"}`));
          const found = lines[index];
          return found === undefined
            ? undefined
            : { message, index, at: Date.parse((JSON.parse(found) as { readonly time: string }).time) };
        },
        PATIENCE_MILLIS,
      );
    },
    usage() {
      const usage = usageOf(daemon.pid);
      if (usage === undefined) {
        throw new Error(`${daemon.name}: expected it to run, found ${daemon.ended()}`);
      }
      return usage;
    },
    async requests() {
      const text = await (await fetch(`${address}/metrics`)).text();
      const counts = [...text.matchAll(/^sluice_agent_api_requests_total\{[^}]*\} (\d+)$/gm)];
      return counts.reduce((sum, [, count]) => sum + Number(count), 0);
    },
    async nudge() {
      await fetch(`${address}/nudge`, { method: 'POST', headers: { authorization: `Bearer ${secret}` } });
    },
    stop: async () => daemon.stop(),
  };
}

/** What the agent takes while it does something that it logs the beginning and the end of. */
export async function costOf(agent: RunningAgent, from: string, to: string, after = agent.count()): Promise<Cost> {
  const [usage, requests] = [agent.usage(), await agent.requests()];
  const begin = await agent.line(from, after);
  const end = await agent.line(to, begin.index);
  const { cpuMillis, peakMegabytes } = agent.usage();
  return {
    millis: end.at - begin.at,
    cpuMillis: cpuMillis - usage.cpuMillis,
    peakMegabytes,
    requests: (await agent.requests()) - requests,
  };
}

/** Commits text to a file of a bare repository. */
export async function commitFile(bare: string, path: string, text: string): Promise<void> {
  const git = async (commandLine: readonly string[], input?: string) => {
    const child = promisify(execFile)('git', ['-C', bare, ...commandLine]);
    child.child.stdin?.end(input);
    return (await child).stdout.trim();
  };
  const blob = await git(['hash-object', '-w', '--stdin'], text);
  const [folder = '', name = ''] = path.split('/');
  const head = await git(['rev-parse', 'main']);
  const entries = await git(['ls-tree', `main:${folder}`]);
  const others = entries.split('\n').filter((line) => !line.endsWith(`\t${name}`));
  const tree = await git(['mktree'], `${[...others, `100644 blob ${blob}\t${name}`].join('\n')}\n`);
  const root = await git(['mktree'], `040000 tree ${tree}\t${folder}\n`);
  const identity = ['-c', 'user.name=Sluice', '-c', 'user.email=sluice@example.com'];
  const commit = await git([...identity, 'commit-tree', root, '-p', head, '-m', `Change ${name}`]);
  await git(['update-ref', 'refs/heads/main', commit, head]);
}
