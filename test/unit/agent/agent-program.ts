import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleAgent } from '../../../infra/agent/bundle.ts';

let program: Promise<string> | undefined;

/** Gives the agent as its image has it: one file, which starts three times as fast as its 500 sources. */
export async function agentProgram(): Promise<string> {
  program ??= makeProgram();
  return program;
}

async function makeProgram(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-agent-program-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'sluice-agent.mjs');
  await bundleAgent(file);
  return file;
}
