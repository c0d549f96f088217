import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { mainOf } from './runtime-stage.ts';

/** Runs the agent as a process to its end. */
export async function runAgent(flags: readonly string[]) {
  const ended: { readonly code?: number; readonly stdout: string; readonly stderr: string } = await promisify(execFile)(
    process.execPath,
    [mainOf('agent'), ...flags],
  ).catch((error: { readonly code: number; readonly stdout: string; readonly stderr: string }) => error);
  return { status: ended.code ?? 0, stdout: ended.stdout, stderr: ended.stderr };
}
