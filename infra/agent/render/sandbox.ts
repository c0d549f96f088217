import { spawn } from 'node:child_process';

/** Whether renderers may run where no sandbox can be made: never, or all the same. */
export type SandboxMode = (typeof SANDBOX_MODES)[number];
export const SANDBOX_MODES = ['required', 'best-effort'] as const;

/**
 * Ways to run a command without a network, the best first: a network namespace of its own, which pods mostly may not
 * make, and a filter of system calls (`infra/agent/tools/sandbox`), which they may.
 */
const SANDBOXES = [['unshare', '--map-root-user', '--net'], ['sluice-sandbox']] as const;

/**
 * The words before a command that take the network from it, by the first way that works here; undefined where none
 * does.
 *
 * @param find where a command is
 * @param shell a command that each way is tried on
 */
export async function findSandbox(
  find: (command: string) => Promise<string | undefined>,
  shell: string,
): Promise<readonly string[] | undefined> {
  for (const [name, ...flags] of SANDBOXES) {
    const path = await find(name);
    if (path !== undefined && (await works([path, ...flags, shell, '-c', ':']))) {
      return [path, ...flags];
    }
  }
  return undefined;
}

async function works([command = '', ...commandLine]: readonly string[]): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const child = spawn(command, commandLine, { stdio: 'ignore', env: {} });
  child.on('error', () => resolve(false));
  child.on('close', (status) => resolve(status === 0));
  return promise;
}
