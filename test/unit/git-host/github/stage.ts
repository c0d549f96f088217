import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type GitHubOptions, openGitHub } from '../../../../shared/git-host/github/open.ts';
import type { GitHost } from '../../../../shared/git-host/port.ts';
import { type BareRepository, bareRepository, type TestFile } from '../../../contract/bare-repository.ts';
import { type GitHubDouble, startGitHubDouble } from '../../../doubles/github/server.ts';

/** A repository at the double, with a client of it. */
export interface Stage {
  readonly name: string;
  readonly bare: BareRepository;
  readonly host: GitHost;
  /** Another client, which knows nothing yet. */
  readonly again: (options?: Partial<GitHubOptions>) => GitHost;
  /** What was asked since the last call, `GET git/trees/:sha?recursive=1`: hashes are left out. */
  readonly asked: () => readonly string[];
}

/** A double for the tests of a file; it must not have seen anything that GitHub's description has not. */
export function gitHub() {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-github-'));
  const ref: { double?: GitHubDouble } = {};
  const running = () => {
    if (ref.double === undefined) {
      throw new Error('The double does not run yet.');
    }
    return ref.double;
  };
  beforeAll(async () => {
    ref.double = await startGitHubDouble({ directory });
  });
  afterEach(() => {
    running().plan = () => undefined;
    expect(running().violations).toEqual([]);
  });
  afterAll(async () => {
    await ref.double?.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    double: running,
    stage(files: readonly TestFile[]): Stage {
      const name = randomUUID();
      const bare = bareRepository(join(directory, `${name}.git`), files);
      const { url, requests } = running();
      const again = (options: Partial<GitHubOptions> = {}) =>
        openGitHub({
          url: `${url}/acme/${name}.git`,
          credentials: { kind: 'token', token: 'write-token' },
          timeoutMillis: 10_000,
          now: Date.now,
          ...options,
        });
      return {
        name,
        bare,
        host: again(),
        again,
        asked() {
          const taken = requests.splice(0);
          return taken.map(({ method, path, status }) => `${method} ${shortened(path, name)} ${status}`);
        },
      };
    },
  };
}

function shortened(path: string, name: string): string {
  return path
    .replace(`/api/v3/repos/acme/${name}/`, '')
    .replaceAll(/[0-9a-f]{40}/g, ':sha')
    .replace(/\?token=.*/, '')
    .replace(`/acme/${name}/legacy.tar.gz/`, 'codeload ');
}

/** What a call threw. */
export async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );
}
