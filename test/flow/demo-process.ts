import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { vi } from 'vitest';
import { CHILD_ENVIRONMENT } from '../child-environment.ts';

const MAIN = resolve('infra/local/main.ts');
const CLI = resolve('infra/cli/main.ts');

/** A folder that demos are started in. */
export interface DemoFolder {
  readonly path: string;
  /** What demos have in it, one name for each. */
  readonly runs: () => readonly string[];
  readonly start: (flags: readonly string[], variables?: Readonly<Record<string, string>>) => DemoProcess;
  /** The command line, in the same folder. */
  readonly sluice: (words: readonly string[]) => DemoProcess['ended'];
  readonly remove: () => void;
}

/** `npm start` in a process of its own. */
export interface DemoProcess {
  readonly pid: number;
  /** All it has printed so far, errors as well. */
  readonly said: () => string;
  readonly until: (text: string) => Promise<void>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Closes the pipe that it prints to, as `head` does. */
  readonly closeOutput: () => void;
  readonly ended: Promise<{ readonly status: number | null; readonly said: string }>;
}

export function demoFolder(): DemoFolder {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-demo-test-'));
  const home = join(directory, '.sluice', 'demo');
  return {
    path: directory,
    runs: () => (existsSync(home) ? readdirSync(home) : []),
    start: (flags, variables = {}) => startProcess(MAIN, directory, flags, variables),
    sluice: async (words) => startProcess(CLI, directory, words, {}).ended,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function startProcess(
  main: string,
  cwd: string,
  flags: readonly string[],
  variables: Readonly<Record<string, string>>,
): DemoProcess {
  const env = { ...CHILD_ENVIRONMENT, HOME: cwd, ...variables };
  const child = spawn(process.execPath, [main, ...flags], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
  }
  const ended = new Promise<{ status: number | null; said: string }>((done) => {
    child.on('close', (status) => done({ status, said }));
  });
  return {
    pid: child.pid ?? 0,
    said: () => said,
    async until(text) {
      await vi
        .waitUntil(() => said.includes(text), { timeout: 60_000, interval: 20 })
        .catch((cause: unknown) => {
          throw new Error(`waited for ${text}, found ${said}`, { cause });
        });
    },
    kill: (signal) => void child.kill(signal),
    closeOutput: () => void child.stdout.destroy(),
    ended,
  };
}

/** The agents of demos that run below a folder of which this is a part. */
export function agentsOf(run: string): readonly string[] {
  return commands().filter((command) => command.includes(`/${run}/agent`));
}

/** Debian's smallest images have no ps, and a Mac has no /proc. */
function commands(): readonly string[] {
  return existsSync('/proc/self')
    ? readdirSync('/proc').flatMap((pid) => (/^\d+$/.test(pid) ? [commandOf(pid)] : []))
    : execFileSync('ps', ['-axo', 'command'], { encoding: 'utf8' }).split('\n');
}

function commandOf(pid: string): string {
  try {
    return readFileSync(join('/proc', pid, 'cmdline'), 'utf8');
  } catch {
    return '';
  }
}

/** What it says once it has committed. */
export const COMMITTED = 'commit-image     commit';

/** Ends a demo that has said so much, and gives how it ended and what it left. */
export async function endOf(
  folder: DemoFolder,
  { after, end }: { readonly after: string; readonly end: NodeJS.Signals },
) {
  const demo = folder.start([]);
  await demo.until(after);
  const [run = 'none'] = folder.runs();
  demo.kill(end);
  const { status, said } = await demo.ended;
  return { status, said, runs: folder.runs(), agents: agentsOf(run) };
}
