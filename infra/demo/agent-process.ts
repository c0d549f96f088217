import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface AgentProcess {
  /** Asks it to end and waits until it has. */
  stop(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../agent/main.ts', import.meta.url));
const END_WITH_PARENT = new URL('end-with-parent.ts', import.meta.url).href;
const GRACE_MILLIS = 5000;

/**
 * Runs the agent as a process of its own, which ends when this one does. It is in a group of its own: Ctrl-C in a
 * terminal is for this process, which ends the agent in its turn.
 *
 * @param onLine is called with each line that it logs
 * @param onEnd is called where it ends without being asked to
 */
export function startAgent(
  flags: readonly string[],
  onLine: (line: string) => void,
  onEnd: (status: number | null) => void,
): AgentProcess {
  const child = spawn(process.execPath, ['--import', END_WITH_PARENT, MAIN, ...flags], {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  });
  createInterface({ input: child.stderr }).on('line', onLine);
  let isAsked = false;
  const ended = new Promise<void>((resolve) => {
    child.once('close', (status) => {
      if (!isAsked) {
        onEnd(status);
      }
      resolve();
    });
  });
  return {
    async stop() {
      isAsked = true;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MILLIS);
      await ended;
      clearTimeout(timer);
    },
  };
}
