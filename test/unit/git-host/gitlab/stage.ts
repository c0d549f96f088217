import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type GitLabOptions, openGitLab } from '../../../../shared/git-host/gitlab/open.ts';
import type { CommitRequest } from '../../../../shared/git-host/port.ts';
import { type BareRepository, bareRepository, type TestFile } from '../../../contract/bare-repository.ts';
import { MANIFESTS } from '../../../contract/git-files.ts';
import { type GitLabDouble, startGitLabDouble } from '../../../doubles/gitlab/server.ts';
import { recordingLog } from '../../../fakes/recording.ts';

/** A double of GitLab for the tests of one file; each breach of what is published fails a test. */
export function gitLabStage() {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-gitlab-client-'));
  const clock = { now: Date.UTC(2026, 0, 1) };
  let double: GitLabDouble;
  let made = 0;
  beforeAll(async () => {
    double = await startGitLabDouble({ directory, now: () => clock.now });
  });
  afterEach(() => {
    double.plan = () => undefined;
    delete double.limits.requests;
    delete double.limits.archives;
    expect(double.violations.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await double.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    clock,
    double: () => double,
    /** A repository with a client of its own. */
    repository(files: readonly TestFile[] = MANIFESTS, more: Partial<GitLabOptions> = {}) {
      made += 1;
      const name = `hello${made}`;
      const bare = bareRepository(join(directory, `${name}.git`), files);
      const { log, lines } = recordingLog();
      const url = `${double.url}/acme/team/${name}.git`;
      const again = (other: Partial<GitLabOptions> = {}) =>
        openGitLab({ url, token: 'write-token', timeoutMillis: 20_000, now: () => clock.now, log, ...more, ...other });
      return { name, url, bare, host: again(), again, lines, project: double.project(`acme/team/${name}`) };
    },
    /** What was asked while this was done: `GET repository/branches/main`. */
    async asked(work: () => Promise<unknown>): Promise<readonly string[]> {
      double.requests.length = 0;
      await work();
      return double.requests.map(
        ({ method, path }) => `${method} ${decodeURIComponent(path).replace(/^.*?hello\d+\//, '')}`,
      );
    },
  };
}

export const EDIT = { path: 'k8s/deploy.yml', text: 'image: hello:2\n' };

export function commitRequest(expectedHead: string, more: Partial<CommitRequest> = {}): CommitRequest {
  return { branch: 'main', expectedHead, edits: [EDIT], message: 'hello: 1 → 2\n', author: undefined, ...more };
}

export function headOf(bare: BareRepository, branch = 'main'): string {
  return bare.git('rev-parse', `refs/heads/${branch}`).trim();
}
