#!/usr/bin/env node
import { messageOf } from '../../shared/errors.ts';
import { runAgent } from './agent.ts';
import { readSettings } from './settings.ts';

const ended = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => ended.abort());
}

try {
  process.exitCode = await runAgent(readSettings(process.argv), process.env, ended.signal);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
