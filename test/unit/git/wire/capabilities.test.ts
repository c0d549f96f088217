import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { startGitServer } from '../../../../infra/local/git-server/server.ts';
import { pktLine, readPktLines } from '../../../../shared/git/wire/pkt-line.ts';
import { openPlainGit } from '../../../../shared/git-host/plain-git.ts';
import { listen } from '../../../cluster/listener.ts';
import { bareRepository } from '../../../contract/bare-repository.ts';

const DEMANDED = 'multi_ack_detailed';
const FILES = [
  { path: 'k8s/deploy.yml', content: 'image: hello:1\n' },
  { path: 'k8s/other.yml', content: 'a: 1\n' },
];

/**
 * Git itself behind a proxy that offers these capabilities only, in the protocol's first version, and serves nobody who
 * does not speak {@link DEMANDED}, as Azure DevOps and CodeCommit do.
 */
async function demanding(offered: readonly string[]) {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-capabilities-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const bare = bareRepository(join(directory, 'hello.git'), FILES);
  const server = await startGitServer({ directory });
  onTestFinished(async () => server.stop());
  const spoken: string[] = [];
  const relay = async ({ method = 'GET', url = '/', headers }: IncomingMessage, body: Buffer) => {
    const [, capabilities] = /^[0-9a-f]{4}want [0-9a-f]{40} ([^\n]*)/.exec(body.toString('latin1')) ?? [];
    if (capabilities !== undefined) {
      spoken.push(capabilities);
    }
    if (url.endsWith('/git-upload-pack') && capabilities?.split(' ').includes(DEMANDED) !== true) {
      return { type: 'application/x-git-upload-pack-result', answer: pktLine(`ERR expected ${DEMANDED}`) };
    }
    const type = headers['content-type'] ?? '';
    const post = { body: new Uint8Array(body), headers: { 'content-type': type } };
    const reply = await fetch(`${server.url}${url}`, { method, ...(method === 'POST' ? post : {}) });
    const answer = Buffer.from(await reply.arrayBuffer());
    const isOffer = url.endsWith('service=git-upload-pack');
    return {
      type: reply.headers.get('content-type') ?? '',
      answer: isOffer ? offering(answer, [...offered, 'agent=demanding']) : answer,
    };
  };
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const { type, answer } = await relay(request, await buffer(request));
    response.writeHead(200, { 'content-type': type }).end(answer);
  };
  const proxy = await listen(createServer((request, response) => void respond(request, response)));
  onTestFinished(async () => proxy.close());
  const url = `${proxy.url}/hello.git`;
  return { bare, spoken, host: openPlainGit({ url, credentials: { kind: 'none' }, timeoutMillis: 10_000 }) };
}

/** The same refs with other capabilities, which stand behind the first of them. */
function offering(advertisement: Buffer, capabilities: readonly string[]): Buffer {
  const lines = [...readPktLines(advertisement)].map((line) => {
    const [ref = '', offered] = line?.toString('utf8').split('\0') ?? [];
    if (line === undefined) {
      return Buffer.from('0000');
    }
    return pktLine(offered === undefined ? ref : `${ref}\0${capabilities.join(' ')}\n`);
  });
  return Buffer.concat(lines);
}

const COMMON = [DEMANDED, 'side-band-64k', 'thin-pack', 'ofs-delta', 'no-progress', 'shallow'];

test.each([
  { name: 'offers what hosts do', offered: COMMON },
  { name: 'makes whole packs only', offered: [DEMANDED, 'side-band-64k', 'shallow'] },
  { name: 'has no shallow clones', offered: [DEMANDED, 'side-band-64k', 'ofs-delta', 'thin-pack'] },
  { name: 'has no bands', offered: [DEMANDED, 'shallow', 'thin-pack', 'ofs-delta'] },
  { name: 'offers nothing else', offered: [DEMANDED] },
])('a host that serves nobody without multi_ack_detailed, and $name, is read from and written to', async (row) => {
  const { bare, host, spoken } = await demanding(row.offered);
  const first = await host.head('main');
  expect(await host.files(first, ['k8s'])).toHaveLength(2);
  bare.commit([{ path: 'k8s/other.yml', content: 'a: 2\n' }]);
  const { head, changed } = await host.compare(first, 'main');
  expect(changed).toEqual(['k8s/other.yml']);
  expect(await host.files(head, ['k8s/other.yml'])).toMatchObject([{ text: 'a: 2\n' }]);
  const edits = [{ path: 'k8s/deploy.yml', text: 'image: hello:2\n' }];
  const commit = await host.commit({ branch: 'main', expectedHead: head, edits, message: 'x\n', author: undefined });
  expect((await host.history('main')).map(({ revision }) => revision)).toEqual([commit, head, first]);
  expect(spoken.length).toBeGreaterThan(2);
  for (const capabilities of spoken) {
    expect([...row.offered, 'agent=sluice']).toEqual(expect.arrayContaining(capabilities.split(' ')));
  }
});

test('a host that demands what it does not offer is told by its own words', async () => {
  const { host } = await demanding(['side-band-64k', 'shallow']);
  await expect(host.head('main')).rejects.toMatchObject({
    code: expect.stringMatching(/^git-/),
    message: expect.stringContaining(`expected ${DEMANDED}`),
  });
});
