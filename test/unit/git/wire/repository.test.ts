import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSshServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { openPlainGit } from '../../../../shared/git-host/git/open.ts';
import { listen } from '../../../cluster/listener.ts';
import { bareRepository } from '../../../contract/bare-repository.ts';
import { startGitServerApart } from '../../../git-server/apart.ts';

const FILES = [
  { path: 'k8s/deploy.yml', content: 'image: hello:1\n' },
  { path: 'k8s/other.yml', content: 'a: 1\n' },
];
const AUTHOR = { name: 'Sluice', email: 'sluice@example.com' };

/** A repository behind a server that may cut its answers, and what it was asked. */
async function behindProxy() {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-wire-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const bare = bareRepository(join(directory, 'hello.git'), FILES);
  const server = await startGitServerApart({ directory });
  onTestFinished(async () => server.stop());
  const taken: { readonly request: string; readonly bytes: number }[] = [];
  const fault: { cut?: string; parameters?: string } = {};
  const asked: string[] = [];
  const relay = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method = 'GET', url = '/' } = incoming;
    const body = await buffer(incoming);
    if (url.endsWith('/git-upload-pack')) {
      asked.push(body.toString('latin1'));
    }
    const type = incoming.headers['content-type'];
    const reply = await fetch(`${server.url}${url}`, {
      method,
      ...(method === 'POST' ? { body: new Uint8Array(body), headers: { 'content-type': type ?? '' } } : {}),
    });
    const answer = Buffer.from(await reply.arrayBuffer());
    const request = `${method} ${url.replace('/hello.git/', '')}`;
    taken.push({ request, bytes: answer.length });
    outgoing.writeHead(reply.status, {
      'content-type': `${reply.headers.get('content-type') ?? ''}${fault.parameters ?? ''}`,
    });
    const isCut = fault.cut === request;
    outgoing.end(isCut ? answer.subarray(0, answer.length / 2) : answer);
  };
  const proxy = await listen(createServer((incoming, outgoing) => void relay(incoming, outgoing)));
  onTestFinished(async () => proxy.close());
  const open = () =>
    openPlainGit({ url: `${proxy.url}/hello.git`, credentials: { kind: 'none' }, timeoutMillis: 10_000 });
  const requests = () => taken.splice(0).map(({ request }) => request);
  return { bare, open, taken, asked, requests, fault };
}

const LOOK = 'GET info/refs?service=git-upload-pack';
const FETCH = 'POST git-upload-pack';
const PUSH = 'POST git-receive-pack';

function edit(expectedHead: string, text = 'image: hello:2\n') {
  return { branch: 'main', expectedHead, edits: [{ path: 'k8s/deploy.yml', text }], message: 'x\n', author: AUTHOR };
}

test('asks as little as can be: two requests at first, one for a look, one for a commit', async () => {
  const { bare, open, requests } = await behindProxy();
  const host = open();
  const head = await host.head('main');
  expect(requests()).toEqual([LOOK, FETCH]);
  await host.files(head, ['']);
  await host.head('main');
  expect(requests()).toEqual([LOOK]);
  const commit = await host.commit(edit(head));
  expect(requests()).toEqual([PUSH]);
  expect(await host.compare(head, 'main')).toEqual({ head: commit, changed: ['k8s/deploy.yml'] });
  expect(requests()).toEqual([LOOK]);
  bare.commit([{ path: 'k8s/other.yml', content: 'a: 2\n' }]);
  await host.compare(commit, 'main');
  expect(requests()).toEqual([LOOK, FETCH]);
});

test('speaks multi_ack_detailed where it is offered, for hosts that serve nobody without', async () => {
  const { bare, open, asked } = await behindProxy();
  const host = open();
  await host.head('main');
  bare.commit([{ path: 'k8s/other.yml', content: 'a: 2\n' }]);
  const head = await host.head('main');
  await host.history('main');
  expect(await host.files(head, ['k8s/other.yml'])).toMatchObject([{ text: 'a: 2\n' }]);
  expect(asked).toHaveLength(3);
  expect(asked.map((request) => /^[0-9a-f]{4}want [0-9a-f]{40} (\S+) /.exec(request)?.[1])).toEqual(
    asked.map(() => 'multi_ack_detailed'),
  );
});

test.each(['; charset=utf-8', ';charset=UTF-8; x="a; b"', ' '])(
  "takes a content type of Git's with %j behind it",
  async (parameters) => {
    const { open, fault } = await behindProxy();
    fault.parameters = parameters;
    const host = open();
    const head = await host.head('main');
    expect(await host.commit(edit(head))).toMatch(/^[0-9a-f]{40}$/);
  },
);

test.each([
  { what: 'no key', key: 'not a key\n', says: /found one that cannot be read: Unsupported key format/ },
  {
    what: 'a key that was cut short',
    key: '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n',
    says: /found one that cannot be read: /,
  },
  {
    what: 'a public key',
    key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGE4bXbVfXo0Yd5zYyVjYkQ2cG9yYW5kb21rZXl4eHh4 x\n',
    says: /found a public key/,
  },
])('an SSH key that is $what is a fault of the configuration, and final', async ({ key, says }) => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-wire-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const privateKeyFile = join(directory, 'id');
  const knownHostsFile = join(directory, 'known_hosts');
  writeFileSync(privateKeyFile, key);
  writeFileSync(knownHostsFile, '');
  const credentials = { kind: 'ssh', privateKeyFile, knownHostsFile } as const;
  const host = openPlainGit({ url: 'ssh://git@127.0.0.1:1/hello.git', credentials, timeoutMillis: 5000 });
  const error: unknown = await host.head('main').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'config-invalid', retryable: false, message: expect.stringMatching(says) });
  expect(String(error)).toMatch(/expected an SSH private key without a passphrase.*Check the credentials of this rep/);
});

test('gets only what is new', async () => {
  const { bare, open, taken } = await behindProxy();
  bare.commit([{ path: 'k8s/random.yml', content: `a: ${randomBytes(200_000).toString('base64')}\n` }]);
  const host = open();
  await host.head('main');
  const later = bare.commit([{ path: 'k8s/other.yml', content: 'a: 2\n' }]);
  expect(await host.head('main')).toBe(later);
  const [first, second] = taken.filter(({ request }) => request === FETCH);
  expect(first?.bytes).toBeGreaterThan(200_000);
  expect(second?.bytes).toBeLessThan(2000);
  expect(await host.files(later, ['k8s/random.yml'])).toHaveLength(1);
});

test('builds on nothing that it let go: a large file that changes a little', async () => {
  const { bare, open } = await behindProxy();
  const text = (mark: string) => `${'a: 1\n'.repeat(10_000)}# ${mark}\n${'b: 2\n'.repeat(250_000)}`;
  bare.commit([{ path: 'k8s/large.txt', content: text('one') }]);
  const host = open();
  await host.head('main');
  const later = bare.commit([
    { path: 'k8s/large.txt', content: text('two') },
    { path: 'k8s/other.yml', content: 'a: 2\n' },
  ]);
  bare.git('repack', '-a', '-d', '-f', '--quiet');
  expect(await host.head('main')).toBe(later);
  expect(await host.files(later, ['k8s'])).toMatchObject([{ path: 'k8s/deploy.yml' }, { text: 'a: 2\n' }]);
});

test('does not get large files, nor files for the sake of history, where the host can leave them out', async () => {
  const { bare, open, taken } = await behindProxy();
  bare.git('config', 'uploadpack.allowFilter', 'true');
  const head = bare.commit([{ path: 'image.bin', content: randomBytes(3 * 1024 * 1024) }]);
  const host = open();
  expect(await host.head('main')).toBe(head);
  expect((await host.files(head, [''])).map(({ path }) => path)).toEqual(['k8s/deploy.yml', 'k8s/other.yml']);
  expect(await host.history('main')).toHaveLength(2);
  expect(taken.filter(({ bytes }) => bytes > 10_000)).toEqual([]);
});

test.each([{ cut: LOOK }, { cut: FETCH }])(
  'an answer to $cut that is cut short: git-unavailable, and well again',
  async ({ cut }) => {
    const { bare, open, fault } = await behindProxy();
    const host = open();
    fault.cut = cut;
    await expect(host.head('main')).rejects.toMatchObject({ code: 'git-unavailable', retryable: true });
    fault.cut = '';
    expect(await host.head('main')).toBe(bare.git('rev-parse', 'main').trim());
  },
);

test('a push whose answer is lost: git-unavailable, it is not sent again, and the next look finds it', async () => {
  const { bare, open, requests, fault } = await behindProxy();
  const host = open();
  const head = await host.head('main');
  requests();
  fault.cut = PUSH;
  await expect(host.commit(edit(head))).rejects.toMatchObject({ code: 'git-unavailable', retryable: true });
  expect(requests()).toEqual([PUSH]);
  const pushed = await host.head('main');
  expect(bare.log().map(({ commit }) => commit)).toEqual([pushed, head]);
  expect(await host.files(pushed, ['k8s/deploy.yml'])).toMatchObject([{ text: 'image: hello:2\n' }]);
});

test.each([
  { what: 'takes push options', isTaking: true, heard: 'ci.skip\n' },
  { what: 'knows none', isTaking: false, heard: '\n' },
])('a host that $what hears "$heard" where its pipelines are not to run', async ({ isTaking, heard }) => {
  const { bare, open } = await behindProxy();
  bare.git('config', 'receive.advertisePushOptions', String(isTaking));
  const said = join(bare.path, 'said');
  const hook = join(bare.path, 'hooks', 'pre-receive');
  mkdirSync(join(bare.path, 'hooks'), { recursive: true });
  writeFileSync(hook, `#!/bin/sh\necho "$GIT_PUSH_OPTION_0" > ${said}\n`);
  chmodSync(hook, 0o755);
  const host = open();
  await host.commit({ ...edit(await host.head('main')), skipCi: true });
  expect(readFileSync(said, 'utf8')).toBe(heard);
});

test('a repository with hashes of another kind is refused by name', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-wire-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const url = join(directory, 'long.git');
  execFileSync('git', ['init', '--quiet', '--bare', '--object-format=sha256', url]);
  const stream = 'commit refs/heads/main\ncommitter a <a> 1 +0000\ndata 1\nx\ndone\n';
  execFileSync('git', ['-C', url, 'fast-import', '--quiet', '--done'], { input: stream });
  const host = openPlainGit({ url, credentials: { kind: 'none' }, timeoutMillis: 10_000 });
  await expect(host.head('main')).rejects.toMatchObject({
    code: 'git-refused',
    retryable: false,
    message: expect.stringContaining('expected the object format sha1, found sha256'),
  });
});

test.each([
  { what: 'greets nobody', greeting: '' },
  { what: 'stops after its greeting', greeting: 'SSH-2.0-test\r\n' },
])(
  'an SSH server that $what: git-unavailable after the time limit, and the connection is given up',
  async ({ greeting }) => {
    const server = createSshServer((socket) => {
      socket.on('error', () => {});
      socket.write(greeting);
      socket.resume();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const closed = once(server, 'connection').then(async ([socket]) => once(socket, 'close'));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const url = `ssh://git@127.0.0.1:${port}/hello.git`;
    const host = openPlainGit({ url, credentials: { kind: 'none' }, timeoutMillis: 300 });
    await expect(host.head('main')).rejects.toMatchObject({
      code: 'git-unavailable',
      retryable: true,
      message: expect.stringContaining('no answer within 0.3 s'),
    });
    await closed;
  },
);

test('forgets what nobody can ask for any more, and keeps what they can', { timeout: 60_000 }, async () => {
  const { bare, open } = await behindProxy();
  const host = open();
  let head = '';
  const first = await host.head('main');
  for (let round = 0; round < 24; round += 1) {
    bare.commit([{ path: 'k8s/other.yml', content: `a: ${randomBytes(500_000).toString('base64')}\n` }]);
    head = await host.head('main');
  }
  expect(await host.files(head, ['k8s'])).toHaveLength(2);
  expect(await host.files(first, ['k8s'])).toMatchObject([{ text: 'image: hello:1\n' }, { text: 'a: 1\n' }]);
});

test('a head that holds more than it may is fetched once, and the branch again when it moved', async () => {
  const { bare, open, requests } = await behindProxy();
  const host = open();
  const first = bare.git('rev-parse', 'main').trim();
  const file = Buffer.from(bare.git('rev-parse', 'main:k8s/other.yml').trim(), 'hex');
  const lines = Array.from({ length: 40_000 }, (_, index) => `100644 ${String(index).padStart(240, '0')}\0`);
  const content = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), file]));
  const hash = ['-C', bare.path, 'hash-object', '-w', '-t', 'tree', '--stdin'];
  const tree = execFileSync('git', hash, { input: content }).toString('latin1').trim();
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  const large = bare.git(...identity, 'commit-tree', '-p', first, '-m', 'large', tree).trim();
  bare.git('update-ref', 'refs/heads/main', large);
  const refusal = { code: 'git-too-large', message: expect.stringContaining('folders of at most 8388608 bytes') };
  await expect(host.head('main')).rejects.toMatchObject(refusal);
  expect(requests()).toEqual([LOOK, FETCH]);
  await expect(host.head('main')).rejects.toMatchObject(refusal);
  await expect(host.compare('0'.repeat(40), 'main')).rejects.toMatchObject(refusal);
  expect(requests()).toEqual([LOOK, LOOK]);
  bare.git('update-ref', 'refs/heads/main', first);
  expect(await host.head('main')).toBe(first);
  expect(requests()).toEqual([LOOK, FETCH]);
});
