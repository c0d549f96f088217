import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHandler } from '../../functions/commit-image/handler.ts';
import { commitSluiceFile } from '../../infra/cli/sluice-file-commit.ts';
import { contextOf } from '../../infra/local/functions.ts';
import { BLOCK_LIST_FILE } from '../../shared/block-list/block-list.ts';
import { withBlock } from '../../shared/block-list/edit.ts';
import { memoryCache } from '../../shared/cache/memory-cache.ts';
import { readRepository } from '../../shared/decision/read-repository.ts';
import { RepositoryTime } from '../../shared/decision/repository-time.ts';
import { siteReader } from '../../shared/decision/site-reader.ts';
import { silentLog } from '../../shared/log.ts';
import { imageUpdate, updatesEvent } from '../fakes/image-updates.ts';
import { deployment } from '../fakes/manifests.ts';
import { watched } from '../fakes/memory-git-host.ts';
import { memoryRegistry } from '../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../fakes/recording.ts';
import { type HostStage, startHostStage } from './host-stage.ts';

const WEB = 'registry.example.com/web';
const LIST = `blocked:\n  - image: ${WEB}\n    tag: 1.0.1\n    reason: stürzt ab\n`;
const HELD = `${BLOCK_LIST_FILE}: expected a file in UTF-8, found`;

const LISTS = [
  { how: 'in Latin-1', content: Buffer.from(LIST, 'latin1'), found: 'no text: save it as UTF-8' },
  {
    how: 'in UTF-16, as some shells write',
    content: Buffer.from(`\uFEFF${LIST}`, 'utf16le'),
    found: 'UTF-16: save it as UTF-8',
  },
  { how: 'at a length beyond all', content: `${LIST}${'# more\n'.repeat(800_000)}`, found: 'larger than 1 MiB' },
  { how: 'as a symbolic link', content: '../blocked.yml', mode: '120000' as const, found: 'a symbolic link' },
];

describe.each([{ kind: 'github' }, { kind: 'gitlab' }, { kind: 'git' }] as const)('at $kind', ({ kind }) => {
  let stage: HostStage;
  beforeAll(async () => {
    stage = await startHostStage(kind);
  });
  afterAll(async () => {
    expect(stage.violations).toEqual([]);
    await stage.stop();
  });

  test.each(LISTS)('a block list that is saved $how holds all back, and is not written anew', async (list) => {
    const { content, mode, found } = list;
    const name = randomUUID();
    const bare = stage.repository(name, [
      { path: 'web.yml', content: deployment(`${WEB}:1.0.0`, 'semver:~1') },
      { path: BLOCK_LIST_FILE, content, ...(mode === undefined ? {} : { mode }) },
    ]);
    const head = bare.git('rev-parse', 'main').trim();
    const { config, host } = watched(stage.open(name));
    const reason = `${HELD} ${found}`;

    const readSites = siteReader({ cache: memoryCache(), log: silentLog });
    const ports = { readSites, time: new RepositoryTime(Date.now), now: Date.now };
    const { blocks } = await readRepository({ config, host }, 20_000, ports);
    expect(blocks.against(WEB, { tag: '1.0.1' })).toContain(reason);

    const { log, lines } = recordingLog();
    const handler = createHandler({
      repositories: [{ config, host }],
      registry: () => memoryRegistry({ '1.0.0': undefined, '1.0.1': undefined }),
      deadLetters: recordingSender(),
      maxReceives: 5,
      log,
      now: Date.now,
      rateLimit: async () => {},
    });
    const update = imageUpdate({
      url: config.url,
      image: WEB,
      file: 'web.yml',
      from: '1.0.0',
      to: '1.0.1',
      revision: head,
    });
    expect(await handler(updatesEvent([[update]]), contextOf('commit-image'))).toEqual({ batchItemFailures: [] });
    expect(lines).toContainEqual(
      expect.objectContaining({ message: 'update dropped', reason: expect.stringContaining(reason) }),
    );

    const change = {
      path: BLOCK_LIST_FILE,
      edit: (text: string | undefined) => withBlock(text, { image: WEB, tag: '1.0.2' }),
      subject: 'Block',
      why: [],
      trailer: 'Blocked-by: a',
    };
    await expect(commitSluiceFile({ config, host }, change)).rejects.toThrow(reason);
    expect(bare.git('rev-parse', 'main').trim()).toBe(head);
  });
});
