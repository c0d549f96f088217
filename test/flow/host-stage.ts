import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPlainGit } from '../../shared/git-host/git/open.ts';
import { openGitHub } from '../../shared/git-host/github/open.ts';
import { openGitLab } from '../../shared/git-host/gitlab/open.ts';
import type { GitHost } from '../../shared/git-host/port.ts';
import { type BareRepository, bareRepository, type TestFile } from '../contract/bare-repository.ts';
import { startGitHubDouble } from '../doubles/github/server.ts';
import { startGitLabDouble } from '../doubles/gitlab/server.ts';
import type { FaultPlan } from '../fakes/fault.ts';

export type HostKind = 'github' | 'gitlab' | 'git';

/** A Git host of one kind, with repositories on disk. */
export interface HostStage {
  readonly kind: HostKind;
  /** The clone URL of a repository. */
  url(name: string): string;
  repository(name: string, files: readonly TestFile[]): BareRepository;
  open(name: string, options?: { readonly timeoutMillis?: number; readonly now?: () => number }): GitHost;
  /** What goes wrong from now on; nothing by default. */
  setPlan(plan: FaultPlan): void;
  /** Requests taken so far. */
  readonly requests: readonly { readonly method: string; readonly path: string }[];
  readonly violations: readonly string[];
  /** The open pull or merge requests of a repository, as a person closes or merges them. */
  close(name: string, number: number): void;
  merge(name: string, number: number, how?: 'merge' | 'squash'): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a host: the doubles for GitHub and GitLab; plain Git is served by git http-backend. */
export async function startHostStage(kind: HostKind): Promise<HostStage> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-host-'));
  const double = kind === 'gitlab' ? await gitLab(directory) : await gitHub(directory);
  const url = (name: string) => `${double.url}/acme/${name}.git`;
  return {
    kind,
    url,
    repository: (name, files) => bareRepository(join(directory, `${name}.git`), files),
    open(name, { timeoutMillis = 20_000, now = Date.now } = {}) {
      const options = { url: url(name), timeoutMillis, now };
      if (kind === 'github') {
        return openGitHub({ ...options, credentials: { kind: 'token', token: 'write-token' } });
      }
      const credentials = { kind: 'basic', username: 'oauth2', password: 'write-token' } as const;
      return kind === 'gitlab'
        ? openGitLab({ ...options, token: 'write-token' })
        : openPlainGit({ ...options, credentials });
    },
    setPlan(plan) {
      double.server.plan = plan;
    },
    requests: double.server.requests,
    violations: double.server.violations,
    close: double.close,
    merge: double.merge,
    async stop() {
      await double.server.stop();
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function gitHub(directory: string) {
  const server = await startGitHubDouble({ directory });
  // An account's hour is no limit to the many runs of a test.
  server.rateLimit.limit = Number.MAX_SAFE_INTEGER;
  return {
    server,
    url: server.url,
    close: (name: string, number: number) => void server.person(name).closePullRequest(number),
    merge: async (name: string, number: number, how: 'merge' | 'squash' = 'merge') => {
      await server.person(name).mergePullRequest(number, how);
    },
  };
}

async function gitLab(directory: string) {
  const server = await startGitLabDouble({ directory });
  const unsupported = (): never => {
    throw new Error('a person at GitLab goes by its API');
  };
  const merge = async (name: string, number: number) => {
    const url = `${server.url}/api/v4/projects/acme%2F${name}/merge_requests/${number}/merge`;
    const reply = await fetch(url, { method: 'PUT', headers: { 'private-token': 'write-token' } });
    if (!reply.ok) {
      throw new Error(`merge request ${number}: expected to be merged, found status ${reply.status}`);
    }
    await reply.body?.cancel();
  };
  return { server, url: server.url, close: unsupported, merge };
}
