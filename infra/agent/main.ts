#!/usr/bin/env node
import { runAgent } from './run-agent.ts';
import { SecretMask } from './secrets/secret-mask.ts';
import { readAgentSettings } from './settings/settings.ts';
import { printError } from './terminal.ts';

const secrets = new SecretMask();
// What nobody caught ends the process all the same, but what it says is told without secrets.
process.on('uncaughtException', (error) => {
  printError(error instanceof Error ? error.stack : error, secrets.mask);
  process.exit(1);
});

const ended = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => ended.abort());
}

try {
  process.exitCode = await runAgent(readAgentSettings(process.argv), process.env, ended.signal, secrets);
} catch (error) {
  printError(error, secrets.mask);
  process.exitCode = 1;
}
