import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { pktLine, readPktLines } from '../../../../shared/git/wire/pkt-line.ts';
import { openPlainGit } from '../../../../shared/git-host/git/open.ts';
import { listen } from '../../../cluster/listener.ts';
import { bareRepository } from '../../../contract/bare-repository.ts';
import { startGitServerApart } from '../../../git-server/apart.ts';

const DEMANDED = 'multi_ack_detailed';
const FILES = [
  { path: 'k8s/deploy.yml', content: 'image: hello:1\n' },
  { path: 'k8s/other.yml', content: 'a: 1\n' },
];

/** What a host says it can do, in each of its services. */
interface Offer {
  readonly gives: readonly string[];
  readonly takes: readonly string[];
}

/**
 * Git itself behind a proxy that offers these capabilities only, in the protocol's first version, and serves nobody who
 * speaks others, or not {@link DEMANDED}, as Azure DevOps and CodeCommit do.
 */
async function demanding({ gives, takes }: Offer) {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-capabilities-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const bare = bareRepository(join(directory, 'hello.git'), FILES);
  const server = await startGitServerApart({ directory });
  onTestFinished(async () => server.stop());
  const spoken: string[][] = [];
  const refusalOf = (url: string, body: Buffer) => {
    if (!/[/]git-(upload|receive)-pack$/.test(url)) {
      return undefined;
    }
    const capabilities = spokenIn(body);
    spoken.push(capabilities);
    const isFetch = url.endsWith('/git-upload-pack');
    const names = new Set((isFetch ? gives : takes).map(nameOf));
    const other = capabilities.find((one) => !names.has(nameOf(one)));
    if (other !== undefined) {
      return `unexpected ${other}`;
    }
    return isFetch && !capabilities.includes(DEMANDED) ? `expected ${DEMANDED}` : undefined;
  };
  const relay = async ({ method = 'GET', url = '/', headers }: IncomingMessage, body: Buffer) => {
    const refusal = refusalOf(url, body);
    if (refusal !== undefined) {
      return { type: `application/x-${url.replace(/^.*\//, '')}-result`, answer: pktLine(`ERR ${refusal}`) };
    }
    const type = headers['content-type'] ?? '';
    const post = { body: new Uint8Array(body), headers: { 'content-type': type } };
    const reply = await fetch(`${server.url}${url}`, { method, ...(method === 'POST' ? post : {}) });
    const answer = Buffer.from(await reply.arrayBuffer());
    const [, service] = /service=git-(\w+)-pack$/.exec(url) ?? [];
    return {
      type: reply.headers.get('content-type') ?? '',
      answer: service === undefined ? answer : offering(answer, service === 'upload' ? gives : takes),
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

/** Those that stand behind the first commit that is asked for, or behind the first ref that is to move. */
function spokenIn(body: Buffer): string[] {
  const [first] = readPktLines(body);
  const [, wanted, taken] = /^(?:want [0-9a-f]{40}([^\n]*)|[^\0]*\0(.*))/s.exec(first?.toString('utf8') ?? '') ?? [];
  return (wanted ?? taken ?? '').split(' ').filter((one) => one !== '');
}

function nameOf(capability: string): string {
  return capability.replace(/=.*$/, '');
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

const AGENT = 'agent=demanding';
const GIVES = [DEMANDED, 'side-band-64k', 'thin-pack', 'ofs-delta', 'no-progress', 'shallow'];
const TAKES = ['report-status', 'delete-refs', 'side-band-64k', 'ofs-delta'];

test.each([
  { name: 'offers what hosts do', gives: [...GIVES, AGENT], takes: [...TAKES, AGENT] },
  { name: 'asks for no names', gives: GIVES, takes: TAKES },
  { name: 'asks for no name with a push', gives: [...GIVES, AGENT], takes: TAKES },
  { name: 'makes whole packs only', gives: [DEMANDED, 'side-band-64k', 'shallow'], takes: TAKES },
  { name: 'has no shallow clones', gives: [DEMANDED, 'side-band-64k', 'ofs-delta', 'thin-pack'], takes: TAKES },
  { name: 'has no bands', gives: [DEMANDED, 'shallow', 'thin-pack', 'ofs-delta'], takes: ['report-status', AGENT] },
  { name: 'offers nothing else', gives: [DEMANDED], takes: ['report-status'] },
])('a host that serves nobody without multi_ack_detailed, and $name, is read from and written to', async (row) => {
  const { bare, host, spoken } = await demanding(row);
  const first = await host.head('main');
  expect(await host.files(first, ['k8s'])).toHaveLength(2);
  bare.commit([{ path: 'k8s/other.yml', content: 'a: 2\n' }]);
  const { head, changed } = await host.compare(first, 'main');
  expect(changed).toEqual(['k8s/other.yml']);
  expect(await host.files(head, ['k8s/other.yml'])).toMatchObject([{ text: 'a: 2\n' }]);
  const edits = [{ path: 'k8s/deploy.yml', text: 'image: hello:2\n' }];
  const commit = await host.commit({ branch: 'main', expectedHead: head, edits, message: 'x\n', author: undefined });
  expect((await host.history('main')).map(({ revision }) => revision)).toEqual([commit, head, first]);
  expect(spoken.filter((capabilities) => capabilities.includes(DEMANDED)).length).toBeGreaterThan(2);
  expect(spoken.filter((capabilities) => capabilities.includes('report-status'))).toHaveLength(1);
});

test('a push that is refused by a host without bands is told by its own words', async () => {
  const { bare, host } = await demanding({ gives: [DEMANDED], takes: ['report-status'] });
  const head = await host.head('main');
  bare.commit([{ path: 'k8s/other.yml', content: 'a: 2\n' }]);
  const edits = [{ path: 'k8s/deploy.yml', text: 'image: hello:2\n' }];
  await expect(
    host.commit({ branch: 'main', expectedHead: head, edits, message: 'x\n', author: undefined }),
  ).rejects.toMatchObject({
    code: 'git-head-moved',
    retryable: true,
    message: expect.stringMatching(/failed to update ref/),
  });
});

test('a host that demands what it does not offer is told by its own words', async () => {
  const { host } = await demanding({ gives: ['side-band-64k', 'shallow'], takes: TAKES });
  await expect(host.head('main')).rejects.toMatchObject({
    code: expect.stringMatching(/^git-/),
    message: expect.stringContaining(`expected ${DEMANDED}`),
  });
});
