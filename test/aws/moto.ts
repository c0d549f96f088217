import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon, waitFor } from '../cluster/daemon.ts';
import { freePort } from '../cluster/free-port.ts';
import { motoCommand } from '../cluster/installed-parts.ts';

/** A place that pretends to be AWS. */
export interface AwsEmulator {
  readonly url: string;
  /** What the SDK and the command line read to speak to it. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const START_TIMEOUT_MILLIS = 60_000;

/** The variables that send AWS's clients to an endpoint, with credentials that are none. */
export function environmentFor(url: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
}

/** Starts moto on loopback, with nothing in it. */
export async function startMoto(): Promise<AwsEmulator> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-moto-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { command, arguments: first, environment } = motoCommand();
  const daemon = await startDaemon({
    name: 'moto',
    command,
    arguments: [...first, '-H', '127.0.0.1', '-p', String(port)],
    environment,
    logDirectory: directory,
  });
  const answers = async () => (await fetch(`${url}/moto-api/data.json`)).ok;
  await waitFor('moto', answers, { timeoutMillis: START_TIMEOUT_MILLIS, daemons: [daemon] });
  return {
    url,
    environment: environmentFor(url),
    async stop() {
      await daemon.stop(1000);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
