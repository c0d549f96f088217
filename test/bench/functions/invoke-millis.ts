import type { Sandbox } from '../../aws/sandbox.ts';

/** Runs a function and says how long it took. @throws Error where it fails */
export async function invokeMillis(name: string, sandbox: Sandbox, payload: string): Promise<number> {
  const begun = performance.now();
  const outcome = await sandbox.invoke(payload);
  const millis = performance.now() - begun;
  if (outcome.failed) {
    throw new Error(`${name}: expected an answer, found ${outcome.payload}`);
  }
  return millis;
}
