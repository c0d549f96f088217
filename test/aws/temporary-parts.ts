import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon, waitFor } from '../cluster/daemon.ts';
import { freePort } from '../cluster/free-port.ts';

export const runtimeClient = '/tmp/ric/node_modules/aws-lambda-ric/index.mjs';

export async function startMoto(): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort();
  const logDirectory = mkdtempSync(join(tmpdir(), 'sluice-moto-'));
  const daemon = await startDaemon({
    name: 'moto',
    command: '/tmp/motovenv/bin/moto_server',
    arguments: ['-H', '127.0.0.1', '-p', String(port)],
    logDirectory,
  });
  const url = `http://127.0.0.1:${port}`;
  await waitFor('moto', async () => (await fetch(`${url}/moto-api/`)).ok, { timeoutMillis: 30_000, daemons: [daemon] });
  return { url, stop: () => daemon.stop(1000) };
}
