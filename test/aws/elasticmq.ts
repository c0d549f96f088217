import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon, waitFor } from '../cluster/daemon.ts';
import { freePort } from '../cluster/free-port.ts';
import { elasticMqCommand } from '../cluster/installed-parts.ts';
import { type AwsEmulator, environmentFor } from './moto.ts';

const START_TIMEOUT_MILLIS = 60_000;

/** Starts ElasticMQ on loopback, which speaks SQS and keeps its queues in memory. */
export async function startElasticMq(): Promise<AwsEmulator> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-elasticmq-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const configuration = join(directory, 'elasticmq.conf');
  writeFileSync(configuration, configurationFor(port));
  const { command, arguments: first, environment } = elasticMqCommand();
  const daemon = await startDaemon({
    name: 'elasticmq',
    command,
    arguments: first,
    environment: { ...environment, JAVA_TOOL_OPTIONS: `-Dconfig.file=${configuration} -Xmx256m` },
    logDirectory: directory,
  });
  const answers = async () => (await fetch(`${url}/?Action=ListQueues`)).ok;
  await waitFor('elasticmq', answers, { timeoutMillis: START_TIMEOUT_MILLIS, daemons: [daemon] });
  return {
    url,
    environment: environmentFor(url),
    async stop() {
      await daemon.stop(1000);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Strict limits are those of AWS. */
function configurationFor(port: number): string {
  return `
    include classpath("application.conf")
    node-address { protocol = http, host = "127.0.0.1", port = ${port}, context-path = "" }
    rest-sqs { enabled = true, bind-hostname = "127.0.0.1", bind-port = ${port}, sqs-limits = strict }
    rest-stats { enabled = false }
    aws { region = eu-central-1, accountId = 123456789012 }
  `;
}
