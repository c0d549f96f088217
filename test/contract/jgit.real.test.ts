import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { GitCredentials } from '../../shared/git/credentials.ts';
import { openPlainGit } from '../../shared/git-host/git/open.ts';
import { type JgitServer, startJgitServer } from '../cluster/jgit-server.ts';
import { listen } from '../cluster/listener.ts';
import { bareRepository } from './bare-repository.ts';
import { BASIC_CREDENTIALS, BASIC_SAYS, BASIC_SECRETS, BASIC_USERS } from './basic-access.ts';
import { type Access, describeGitAccess } from './git-access.ts';
import { describeGitCommitter } from './git-committer.ts';
import { describeGitHost } from './git-host.ts';
import { describeGitHistory } from './git-host-history.ts';
import { describeGitSpecialCases } from './git-host-special.ts';
import { makeSshAccess, SSH_REFUSALS, type SshAccess } from './ssh-access.ts';

let keys: SshAccess;
/** One for all, since Java takes seconds to start: each suite has its repositories in a folder of its own. */
let server: JgitServer;
beforeAll(async () => {
  keys = await makeSshAccess();
  const authorized = { authorizedKeys: [keys.writer], readOnlyKeys: [keys.reader] };
  server = await startJgitServer({ directory: tmpdir(), users: BASIC_USERS, ...authorized });
});
afterAll(async () => {
  await server?.stop();
  keys?.remove();
});

function stageAt(url: string, repositories: string, credentials: Readonly<Record<Access, GitCredentials>>) {
  const folder = `${url}/${relative(tmpdir(), repositories)}`;
  const open = (name: string, access: Access = 'write') =>
    openPlainGit({ url: `${folder}/${name}.git`, credentials: credentials[access], timeoutMillis: 20_000 });
  return { open, stop: async () => {} };
}

const startOverHttp = async (repositories: string) => stageAt(server.url, repositories, BASIC_CREDENTIALS);

const startOverSsh = async (repositories: string) =>
  stageAt(server.sshUrl, repositories, keys.credentials(`${server.knownHosts}\n`));

describeGitHost('plain over HTTP, JGit', startOverHttp);

describeGitHistory('plain over HTTP, JGit', startOverHttp);

describeGitCommitter('plain over HTTP, JGit', startOverHttp);

describeGitSpecialCases('plain over HTTP, JGit', startOverHttp);

describeGitAccess('plain over HTTP, JGit', async (repositories) => ({
  ...(await startOverHttp(repositories)),
  says: { ...BASIC_SAYS, readOnly: /HTTP 403: reader may only fetch/ },
  secrets: BASIC_SECRETS,
}));

describeGitHost('plain over SSH, JGit', startOverSsh);

describeGitHistory('plain over SSH, JGit', startOverSsh);

describeGitSpecialCases('plain over SSH, JGit', startOverSsh);

describeGitAccess('plain over SSH, JGit', async (repositories) => ({
  ...(await startOverSsh(repositories)),
  ...SSH_REFUSALS,
}));

/** A server in front of another, which does something before each fetch. */
async function inFrontOf(other: string, beforeFetch: () => void): Promise<string> {
  const relay = async ({ method = 'GET', url = '', headers }: IncomingMessage, body: Buffer) => {
    if (url.endsWith('/git-upload-pack')) {
      beforeFetch();
    }
    const { authorization = '', 'content-type': type = '' } = headers;
    const post = method === 'POST' ? { body: new Uint8Array(body) } : {};
    return fetch(`${other}${url}`, { method, headers: { authorization, 'content-type': type }, ...post });
  };
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const reply = await relay(request, await buffer(request));
    response.writeHead(reply.status, { 'content-type': reply.headers.get('content-type') ?? '' });
    response.end(Buffer.from(await reply.arrayBuffer()));
  };
  const proxy = await listen(createServer((request, response) => void respond(request, response)));
  onTestFinished(async () => proxy.close());
  return proxy.url;
}

test('a branch of JGit that is set back between the look and the fetch is looked at again', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-git-race-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const bare = bareRepository(join(directory, 'hello.git'), [{ path: 'a.yml', content: 'a: 1\n' }]);
  const first = bare.git('rev-parse', 'main').trim();
  bare.commit([{ path: 'a.yml', content: 'a: 2\n' }]);
  const url = await inFrontOf(server.url, () => void bare.git('update-ref', 'refs/heads/main', first));
  expect(await stageAt(url, directory, BASIC_CREDENTIALS).open('hello').head('main')).toBe(first);
});
