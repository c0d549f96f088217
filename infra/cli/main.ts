#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { buffer } from 'node:stream/consumers';

// What is compiled once is there for the next command; it has to be said before anything else is loaded.
enableCompileCache();
const { runSluice } = await import('./program.ts');

await runSluice(process.argv.slice(2), {
  variables: process.env,
  read: async () => buffer(process.stdin),
  print: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
  endWith: (exitCode) => {
    process.exitCode = exitCode;
  },
});
