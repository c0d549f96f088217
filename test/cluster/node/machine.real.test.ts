import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../daemon.ts';
import { type Listener, listen } from '../listener.ts';
import { debianPath } from '../parts.ts';
import { type Machine, startMachine } from './machine.ts';
import { connect } from './network.ts';
import { startRelay } from './relay.ts';

let folder: string;
const machines: Machine[] = [];
let server: Listener;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-machine-test-'));
  server = await listen(createServer((_request, response) => response.end('from outside')));
});
afterEach(async () => {
  for (const made of machines.splice(0).toReversed()) await made.stop();
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function machine(name: string, network?: Machine): Promise<Machine> {
  const directory = mkdtempSync(join(folder, `${name}-`));
  const started = await startMachine({ name, directory, ...(network && { network }) });
  machines.push(started);
  return started;
}

function settings(): readonly string[] {
  return ['vm/overcommit_memory', 'kernel/panic'].map((name) => readFileSync(`/proc/sys/${name}`, 'utf8'));
}

/** The interface of this side that has an address; empty where there is none. */
function interfaceWith(address: string): string {
  return execFileSync(debianPath('ip'), ['-brief', 'address', 'show', 'to', address], { encoding: 'utf8' });
}

describe('a machine of namespaces', () => {
  test('has files, processes and packet filters of its own, which nothing outside sees', async () => {
    const before = settings();
    const own = await machine('own');
    await own.run('sh', '-c', 'echo inside > /run/note && mkdir /var/lib/kubelet && iptables -t nat -N OWN');
    await own.run('sh', '-c', 'echo 0 > /proc/sys/vm/overcommit_memory; echo 3 > /proc/sys/kernel/panic');
    expect(settings()).toEqual(before);
    const processes = await own.run('sh', '-c', 'ls -d /proc/[0-9]*');
    expect(processes).toMatch(/^\/proc\/1\n/);
    const outside = execFileSync('sh', ['-c', 'cat /run/note 2>&1; iptables -t nat -S OWN 2>&1; true'], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
    });
    expect(outside).not.toContain('inside');
    expect(outside).not.toMatch(/^-N OWN/m);
  });

  test('shares the network of another, and reaches what is relayed on the outside, and only that', async () => {
    const network = await machine('network');
    const { host } = await connect(network, 1);
    const node = await machine('node', network);
    const { port } = new URL(server.url);
    const get = (address: string) => node.run('curl', '--silent', '--fail', `http://${address}:${port}/`);
    await expect(get(host)).rejects.toMatchObject({ code: 7 });
    const relay = await startRelay(host, Number(port));
    expect(await get(host)).toBe('from outside');
    await relay.close();
    await relay.close();
    await expect(get('127.0.0.1')).rejects.toMatchObject({ code: 7 });
    expect(await node.run('ip', 'route', 'show', 'default')).toBe('');
  });

  test('gives each of two networks its own block of addresses', async () => {
    const blocks = await Promise.all([1, 2].map(async () => (await connect(await machine('network'), 1)).block));
    expect(new Set(blocks).size).toBe(2);
  });

  test('ends with all that runs in it, its interfaces too, also what does not listen to signals', async () => {
    const doomed = await machine('doomed');
    const { host } = await connect(doomed, 1);
    const deaf = await doomed.start({ name: 'deaf', command: 'sh', arguments: ['-c', 'trap "" TERM; sleep 600'] });
    expect(interfaceWith(host)).toMatch(/^sluice-node/);
    await doomed.stop();
    await waitFor('the daemon is told as ended', () => deaf.ended(), { timeoutMillis: 5000 });
    await waitFor('the interface is gone', () => interfaceWith(host) === '', { timeoutMillis: 5000 });
    expect(() => readFileSync(`/proc/${deaf.pid}/stat`)).toThrow('ENOENT');
  });
});
