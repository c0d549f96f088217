import { execFileSync, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openTools } from '../../../../infra/agent/render/tools.ts';
import { writeTree } from './tree.ts';

const SOURCE = join(import.meta.dirname, '../../../../infra/agent/tools/sandbox');

/** A search path with sluice-sandbox, and with an unshare that may make namespaces or may not, as in a pod. */
function searchPathOf(unshare: string): string {
  const directory = writeTree({ sh: '-> /bin/sh', unshare });
  const environment = { ...process.env, CGO_ENABLED: '0' };
  execFileSync('go', ['build', '-o', join(directory, 'sluice-sandbox'), '.'], { cwd: SOURCE, env: environment });
  return directory;
}

const script = (port: number) => `#!${process.execPath}
const report = (name) => (error) => console.log(name, error === undefined ? 'reached' : error.code);
const dial = (name, where) => {
  const socket = require('node:net').connect(where, () => { report(name)(); socket.end(); });
  socket.on('error', report(name));
};
dial('loopback', { port: ${port}, host: '127.0.0.1' });
dial('metadata', { port: 80, host: '169.254.169.254', timeout: 1000 });
`;

async function dialFrom(searchPath: string): Promise<readonly string[]> {
  const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const directory = writeTree({ tool: script(port) });
  const tools = openTools({
    commands: { kustomize: join(directory, 'tool'), helm: 'helm', sops: 'sops' },
    searchPath,
    timeoutMillis: 60_000,
    memoryBytes: 2 ** 31,
    outputBytes: 1024,
    sandbox: 'required',
  });
  const told = await tools.run('kustomize', { arguments: [], directory });
  return told.trim().split('\n').toSorted();
}

describe('a tool reaches no server of loopback and no metadata address', () => {
  const UNSHARE = spawnSync('sh', ['-c', 'command -v unshare'], { encoding: 'utf8' }).stdout.trim();
  const mayUnshare = spawnSync('unshare', ['--map-root-user', '--net', 'true']).status === 0;

  test('where no namespace can be made: a filter of system calls refuses sockets', async () => {
    expect(await dialFrom(searchPathOf('#!/bin/sh\nexit 1\n'))).toEqual(['loopback EACCES', 'metadata EACCES']);
  });

  test.runIf(mayUnshare)('in a network namespace of its own', async () => {
    const told = await dialFrom(searchPathOf(`-> ${UNSHARE}`));
    expect(told).toEqual([
      expect.stringMatching(/^loopback (ENETUNREACH|EADDRNOTAVAIL)$/),
      expect.stringMatching(/^metadata (ENETUNREACH|EADDRNOTAVAIL)$/),
    ]);
  });
});
