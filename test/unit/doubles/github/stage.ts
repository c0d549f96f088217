import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BareRepository, bareRepository, type TestFile } from '../../../contract/bare-repository.ts';
import { isRecord } from '../../../doubles/github/json.ts';
import { type GitHubDouble, startGitHubDouble } from '../../../doubles/github/server.ts';

/** An answer, read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** What stands at these keys of its JSON; a number in an array. */
  get(...keys: readonly (string | number)[]): unknown;
}

/** What a call has besides its path. */
export interface Call {
  readonly body?: unknown;
  /** `write-token` where it is left out. */
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A double with repositories of its own. */
export interface Stage {
  readonly github: GitHubDouble;
  /** Calls `METHOD /path` below `/api/v3`; `~` is `/repos/acme/shop`. */
  call(line: string, call?: Call): Promise<Answer>;
  /** The repository `shop`. */
  readonly bare: BareRepository;
  repository(name: string, files: readonly TestFile[]): BareRepository;
  /** Puts a commit on a branch of `shop` that begins at `main`, by the API. */
  branch(name: string, path: string, content: string): Promise<string>;
  stop(): Promise<void>;
}

const FILES: readonly TestFile[] = [
  { path: 'k8s/deploy.yml', content: 'image: hello:1\n' },
  { path: 'k8s/run.sh', content: '#!/bin/sh\n', mode: '100755' },
  { path: 'k8s/link.yml', content: 'deploy.yml', mode: '120000' },
  { path: 'module', content: 'c0ffee'.padEnd(40, '0'), mode: '160000' },
  { path: 'with space/ü.yml', content: 'a: 1\n' },
  { path: 'root.yml', content: 'a: 1\nb: 2\nc: 3\nd: 4\n' },
];

/** Starts a double with the repository `shop`. */
export async function openStage(now?: () => number): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-github-'));
  const bare = bareRepository(join(directory, 'shop.git'), FILES);
  const github = await startGitHubDouble({ directory, ...(now && { now }) });
  const call: Stage['call'] = async (line, { body, token = 'write-token', headers = {} } = {}) => {
    const [method = 'GET', path = '/'] = line.split(/ (.*)/s);
    const response = await fetch(`${github.url}/api/v3${path.replace('~', '/repos/acme/shop')}`, {
      method,
      redirect: 'manual',
      headers: { ...(token !== '' && { authorization: `Bearer ${token}` }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return answerOf(response.status, response.headers, await response.text());
  };
  return {
    github,
    call,
    bare,
    repository: (name, files) => bareRepository(join(directory, `${name}.git`), files),
    async branch(name, path, content) {
      const head = bare.git('rev-parse', 'main').trim();
      const tree = [{ path, mode: '100644', type: 'blob', content }];
      const written = await call('POST ~/git/trees', { body: { base_tree: head, tree } });
      const body = { message: `${name}\n`, tree: written.get('sha'), parents: [head] };
      const commit = await call('POST ~/git/commits', { body });
      const sha = String(commit.get('sha'));
      await call('POST ~/git/refs', { body: { ref: `refs/heads/${name}`, sha } });
      return sha;
    },
    async stop() {
      await github.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function answerOf(status: number, headers: Headers, text: string): Answer {
  return {
    status,
    headers,
    text,
    get: (...keys) =>
      keys.reduce<unknown>((here, key) => {
        if (Array.isArray(here) && typeof key === 'number') {
          return here.at(key);
        }
        return isRecord(here) ? here[String(key)] : undefined;
      }, JSON.parse(text)),
  };
}
