#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { buffer } from 'node:stream/consumers';

// What is compiled once is there for the next command; it has to be said before anything else is loaded.
enableCompileCache();
const { runSluice } = await import('./program.ts');

/** Of a reader that has seen enough, as `| head`: that is no failure. */
const GONE: ReadonlySet<string> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (!GONE.has(error.code ?? '')) {
    process.stderr.write(`standard output: ${error.message}\n`);
    process.exitCode = 1;
  }
});

await runSluice(process.argv.slice(2), {
  variables: process.env,
  read: async () => buffer(process.stdin),
  print: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
  endWith: (exitCode) => {
    process.exitCode = exitCode;
  },
});
