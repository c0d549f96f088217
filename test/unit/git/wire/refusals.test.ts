import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { pktLine } from '../../../../shared/git/wire/pkt-line.ts';
import { openPlainGit } from '../../../../shared/git-host/git/open.ts';
import { listen } from '../../../cluster/listener.ts';
import { bareRepository } from '../../../contract/bare-repository.ts';
import { startGitServerApart } from '../../../git-server/apart.ts';

/** Where JGit puts a refusal, by the part of the address that asks. @see org.eclipse.jgit.http.server.GitSmartHttpTools */
interface Refusal {
  readonly to: 'service=git-upload-pack' | 'service=git-receive-pack' | '/git-receive-pack';
  /** In its older versions it is 200, whatever the reason. */
  readonly status: number;
  readonly body: Buffer;
}

/** A repository of Git itself, behind a server that refuses one kind of request. */
async function refusing({ to, status, body }: Refusal) {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-refusals-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const bare = bareRepository(join(directory, 'hello.git'), [{ path: 'a.yml', content: 'a: 1\n' }]);
  const server = await startGitServerApart({ directory });
  onTestFinished(async () => server.stop());
  const relay = async ({ method = 'GET', url = '', headers }: IncomingMessage, asked: Buffer) => {
    const type = headers['content-type'] ?? '';
    const post = { body: new Uint8Array(asked), headers: { 'content-type': type } };
    const reply = await fetch(`${server.url}${url}`, { method, ...(method === 'POST' ? post : {}) });
    const isRefused = url.endsWith(to);
    return {
      status: isRefused ? status : reply.status,
      type: reply.headers.get('content-type') ?? '',
      answer: isRefused ? body : Buffer.from(await reply.arrayBuffer()),
    };
  };
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const { status: given, type, answer } = await relay(request, await buffer(request));
    response.writeHead(given, { 'content-type': type }).end(answer);
  };
  const proxy = await listen(createServer((request, response) => void respond(request, response)));
  onTestFinished(async () => proxy.close());
  const url = `${proxy.url}/hello.git`;
  return { bare, host: openPlainGit({ url, credentials: { kind: 'none' }, timeoutMillis: 10_000 }) };
}

const inPlaceOfRefs = (service: string, words: string) =>
  Buffer.concat([pktLine(`# service=${service}\n`), Buffer.from('0000'), pktLine(`ERR ${words}`)]);
const onBand = (words: string) => pktLine(`\u0003error: ${words}`);

test.each([
  {
    status: 403,
    words: 'Git access forbidden',
    code: 'git-unauthorized',
    says: 'HTTP 403: Git access forbidden. Check',
  },
  {
    status: 404,
    words: 'Git repository not found',
    code: 'git-not-found',
    says: 'HTTP 404: Git repository not found. C',
  },
  { status: 200, words: 'Git access forbidden', code: 'git-unauthorized', says: 'Git access forbidden. Check the' },
  {
    status: 200,
    words: 'Git repository not found',
    code: 'git-not-found',
    says: 'Git repository not found. Check the',
  },
])('a look that is refused with $status and "$words": $code, in these words', async ({ status, words, code, says }) => {
  const body = inPlaceOfRefs('git-upload-pack', words);
  const { host } = await refusing({ to: 'service=git-upload-pack', status, body });
  await expect(host.head('main')).rejects.toMatchObject({
    code,
    retryable: false,
    message: expect.stringContaining(`hello.git: ${says}`),
  });
});

test.each([{ status: 200 }, { status: 403 }])(
  'a host that refuses in the place of its refs, with $status, takes no pushes',
  async ({ status }) => {
    const body = inPlaceOfRefs('git-receive-pack', 'Git access forbidden');
    const { host } = await refusing({ to: 'service=git-receive-pack', status, body });
    expect(await host.canWrite('main')).toBe(false);
  },
);

test.each([
  { name: 'on the band for it', status: 200, body: onBand('Git access forbidden') },
  { name: 'as a line', status: 200, body: pktLine('error: Git access forbidden') },
  { name: 'as a line of a fault', status: 200, body: pktLine('ERR Git access forbidden') },
  { name: 'on the band for it, with 403', status: 403, body: onBand('Git access forbidden') },
])('a push that is refused $name: git-unauthorized, in the words of the host', async ({ status, body }) => {
  const { host } = await refusing({ to: '/git-receive-pack', status, body });
  const edits = [{ path: 'a.yml', text: 'a: 2\n' }];
  const expectedHead = await host.head('main');
  await expect(
    host.commit({ branch: 'main', expectedHead, edits, message: 'x\n', author: undefined }),
  ).rejects.toMatchObject({
    code: 'git-unauthorized',
    retryable: false,
    message: expect.stringMatching(/Git access forbidden\. Check the credentials of this repository in sluice\.yml/),
  });
});
