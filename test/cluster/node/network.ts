import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { debianPath } from '../parts.ts';
import { BLOCKS, type NodeAddresses, nodeAddresses } from './addresses.ts';
import type { Machine } from './machine.ts';

const execute = promisify(execFile);
const inside = 'uplink';

/** The range that the API server gives Services their addresses from. */
const SERVICE_RANGE = '10.0.0.0/24';

/**
 * Joins a machine's network to the one that the test is in, by a pair of interfaces and a free block of addresses; resolves with the block.
 * The pair goes with the machine. Nothing is forwarded past this machine: the other side has no route but to the block.
 */
export async function connect(machine: Machine, nodes: number): Promise<NodeAddresses> {
  const { outside, addresses } = await claimBlock(machine.pid);
  await ip('address', 'add', `${addresses.host}/${addresses.linkPrefixLength}`, 'dev', outside);
  await ip('link', 'set', outside, 'up');
  for (const address of addresses.nodes.slice(0, nodes)) {
    await machine.run('ip', 'address', 'add', `${address}/${addresses.linkPrefixLength}`, 'dev', inside);
  }
  await machine.run('ip', 'link', 'set', inside, 'up');
  // What a node itself sends to a Service has to have a route before kube-proxy's rules turn it elsewhere.
  await machine.run('ip', 'route', 'add', SERVICE_RANGE, 'via', addresses.host);
  await machine.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  await ip('route', 'add', addresses.block, 'via', addresses.nodes[0] ?? '', 'dev', outside);
  return addresses;
}

/** An interface's name exists once, so the kernel gives each block to one network at a time, and takes it back when that ends. */
async function claimBlock(pid: number): Promise<{ readonly outside: string; readonly addresses: NodeAddresses }> {
  const first = Math.floor(Math.random() * BLOCKS);
  for (let tried = 0; tried < BLOCKS; tried += 1) {
    const index = (first + tried) % BLOCKS;
    const outside = `sluice-node${index}`;
    const peer = ['type', 'veth', 'peer', 'name', inside, 'netns', String(pid)];
    try {
      await ip('link', 'add', outside, ...peer);
      return { outside, addresses: nodeAddresses(index) };
    } catch (error) {
      if (!String((error as { stderr?: string }).stderr).includes('File exists')) throw error;
    }
  }
  throw new Error(
    `${BLOCKS} networks of nodes: expected a free one, found all taken; end the test runs that hold them`,
  );
}

async function ip(...commandLine: readonly string[]): Promise<void> {
  await execute(debianPath('ip'), commandLine);
}
