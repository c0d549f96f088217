import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { HeadCache } from '../../../../functions/commit-image/branch/head-cache.ts';
import { openPlainGit } from '../../../../shared/git-host/git/open.ts';
import { bareRepository } from '../../../contract/bare-repository.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-heads-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('what a long line of own commits stands on is in the history that a host tells of', async () => {
  const url = join(directory, 'long.git');
  const bare = bareRepository(url, [{ path: 'web.yml', content: 'a\n' }]);
  const first = bare.git('rev-parse', 'main').trim();
  bare.commitEach(Array.from({ length: 1200 }, (_, at) => [{ path: 'api.yml', content: `${at}\n` }]));
  const own = bare.git('rev-list', '--reverse', `${first}..main`).trim().split('\n');
  const heads = new HeadCache();
  let parent = first;
  for (const revision of own) {
    heads.committed(parent, { revision, message: 'api: on\n', committedAt: 0, parents: [parent] });
    parent = revision;
  }
  const { base } = heads.below(parent);
  const host = openPlainGit({ url, credentials: { kind: 'none' }, timeoutMillis: 60_000 });
  const changes: string[] = [];
  for await (const { revision } of host.fileHistory('main', base, 'api.yml')) {
    changes.push(revision);
  }
  expect(changes[0]).toBe(base);
});
