import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bareRepository } from './bare-repository.ts';
import { AUTHOR, type GitHostStage } from './git-host.ts';

/** What hosts do that tell a committer from an author. */
export function describeGitCommitter(name: string, start: (repositories: string) => Promise<GitHostStage>) {
  describe(`Git host, ${name}, committer`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-git-committer-'));
    let stage: GitHostStage;
    beforeAll(async () => {
      stage = await start(directory);
    });
    afterAll(async () => {
      await stage?.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    test('is another than the author where one is given', async () => {
      const bare = bareRepository(join(directory, 'hello.git'), [{ path: 'a.yml', content: 'a: 1\n' }]);
      const host = stage.open('hello');
      await host.commit({
        branch: 'main',
        expectedHead: await host.head('main'),
        edits: [{ path: 'a.yml', text: 'a: 2\n' }],
        message: 'x\n',
        author: AUTHOR,
        committer: { name: 'Ada', email: 'ada@example.com' },
      });
      expect(bare.log()[0]).toMatchObject({
        author: 'Sluice <sluice@example.com>',
        committer: 'Ada <ada@example.com>',
      });
    });
  });
}
