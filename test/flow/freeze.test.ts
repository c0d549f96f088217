import { randomUUID } from 'node:crypto';
import type { SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHandler as createCommitImage } from '../../functions/commit-image/handler.ts';
import { createHandler as createEvaluatePolicy } from '../../functions/evaluate-policy/handler.ts';
import { createHandler as createSweep } from '../../functions/sweep/handler.ts';
import { commitSluiceFile } from '../../infra/cli/sluice-file-commit.ts';
import { contextOf } from '../../infra/local/functions.ts';
import { memoryCache } from '../../shared/cache/memory-cache.ts';
import type { RepositoryConfig } from '../../shared/config/repository.ts';
import { siteReader } from '../../shared/decision/site-reader.ts';
import { withFreeze, withoutFreezes } from '../../shared/hold/edit-freeze-file.ts';
import { FREEZE_FILE } from '../../shared/hold/freeze-file.ts';
import type { ImagePush } from '../../shared/queue/messages.ts';
import { imageUpdate, updatesEvent } from '../fakes/image-updates.ts';
import { deployment } from '../fakes/manifests.ts';
import { watched } from '../fakes/memory-git-host.ts';
import { memoryRegistry } from '../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../fakes/recording.ts';
import { sqsEvent } from '../fakes/sqs-event.ts';
import { type HostStage, startHostStage } from './host-stage.ts';

const IMAGE = 'registry.example.com/hello';
const FILE = 'web.yml';

/** A repository at a host, with the functions that look after it. */
function stageOf(stage: HostStage, delivery: Partial<RepositoryConfig['delivery']> = {}) {
  const name = randomUUID();
  const bare = stage.repository(name, [{ path: FILE, content: deployment(`${IMAGE}:1.0.0`, 'semver:~1') }]);
  const { config, host } = watched(stage.open(name));
  const repository = { config: { ...config, delivery: { ...config.delivery, ...delivery } }, host };
  const tags: Record<string, string | undefined> = { '1.0.0': undefined };
  const { log, lines } = recordingLog();
  const [pushes, updates] = [recordingSender(), recordingSender()];
  const common = { repositories: [repository], registry: () => memoryRegistry(tags), log, now: Date.now };
  const reading = { readSites: siteReader({ cache: memoryCache(), log }) };
  const consuming = { deadLetters: recordingSender(), maxReceives: 5 };
  const evaluate = createEvaluatePolicy({ ...common, ...consuming, ...reading, pushes, updates });
  const commit = createCommitImage({ ...common, ...consuming, rateLimit: async () => {} });
  const sweep = createSweep({ ...common, ...reading, pushes, cache: memoryCache() });
  const done = async (handler: typeof evaluate, event: SQSEvent, of: 'evaluate-policy' | 'commit-image') =>
    expect(await handler(event, contextOf(of))).toEqual({ batchItemFailures: [] });
  let [pushed, sent] = [0, 0];
  /** What waits in the queues is worked on. */
  const settle = async () => {
    const bodies = pushes.sent.slice(pushed).map(({ body }) => body);
    pushed += bodies.length;
    if (bodies.length > 0) {
      await done(evaluate, sqsEvent(bodies), 'evaluate-policy');
    }
    const messages = updates.sent.slice(sent).map(({ body }) => body);
    sent += messages.length;
    if (messages.length > 0) {
      await done(commit, sqsEvent(messages, { groupId: 'group' }), 'commit-image');
    }
  };
  const write = async (edit: (text: string | undefined) => string | undefined) =>
    commitSluiceFile(repository, { path: FREEZE_FILE, edit, subject: 'Say it', why: [], trailer: 'By: Jane' });
  return {
    bare,
    host,
    lines,
    freeze: async () =>
      write((text) => withFreeze(text, { reason: 'incident 42', from: new Date().toISOString() }, Date.now())),
    thaw: async () => write((text) => withoutFreezes(text, undefined, Date.now())),
    push: async (tag: string) => {
      tags[tag] = undefined;
      const push: ImagePush = {
        version: 1,
        id: tag,
        source: 'generic',
        registry: 'registry.example.com',
        repository: 'hello',
        tag,
        receivedAt: new Date().toISOString(),
      };
      await pushes.send([{ body: JSON.stringify(push) }]);
      await settle();
    },
    sweep: async () => {
      await sweep({}, contextOf('sweep'));
      await settle();
    },
    /** An update that was decided before the freeze came. */
    deliver: async (to: string) => {
      const update = imageUpdate({
        url: config.url,
        image: IMAGE,
        file: FILE,
        from: '1.0.0',
        to,
        revision: bare.git('rev-parse', 'main').trim(),
      });
      await done(commit, updatesEvent([[update]]), 'commit-image');
    },
    commits: () => bare.git('log', '--reverse', '--format=%s', 'main').trim().split('\n').slice(1),
  };
}

describe.each([{ kind: 'github' }, { kind: 'gitlab' }, { kind: 'git' }] as const)('a freeze at $kind', ({ kind }) => {
  let stage: HostStage;
  beforeAll(async () => {
    stage = await startHostStage(kind);
  });
  afterAll(async () => {
    expect(stage.violations).toEqual([]);
    await stage.stop();
  });

  test('keeps pushes back; after the thaw the sweep brings the newest alone', async () => {
    const { freeze, thaw, push, sweep, deliver, commits, lines } = stageOf(stage);
    await freeze();
    await push('1.0.1');
    await push('1.0.2');
    await sweep();
    await deliver('1.0.1');
    expect(commits()).toEqual(['Say it']);
    const held = lines.filter(({ because }) => because === 'held');
    expect(held.map(({ message, to }) => `${String(message)} ${String(to)}`)).toEqual([
      'image kept 1.0.1',
      'image kept 1.0.2',
      'site is held undefined',
      'update dropped 1.0.1',
    ]);
    expect(new Set(held.map(({ reason }) => reason))).toEqual(new Set([`frozen in ${FREEZE_FILE}: incident 42`]));
    await push('1.0.3');
    await thaw();
    await sweep();
    await sweep();
    expect(commits()).toEqual(['Say it', 'Say it', `${IMAGE}: 1.0.0 → 1.0.3`]);
  });

  test('keeps on a push branch what waits there, though its base has moved on', async () => {
    const { bare, freeze, thaw, push, sweep, deliver } = stageOf(stage, { pushBranch: 'sluice' });
    const waiting = () => bare.git('show', `sluice:${FILE}`);
    await push('1.0.1');
    expect(waiting()).toContain(`${IMAGE}:1.0.1`);
    await freeze();
    await push('1.0.2');
    await deliver('1.0.2');
    expect(waiting()).toContain(`${IMAGE}:1.0.1`);
    await thaw();
    await sweep();
    expect(waiting()).toContain(`${IMAGE}:1.0.2`);
  });
});

describe.each([{ kind: 'github' }, { kind: 'gitlab' }, { kind: 'git' }] as const)(
  'a file of freezes at $kind',
  ({ kind }) => {
    let stage: HostStage;
    beforeAll(async () => {
      stage = await startHostStage(kind);
    });
    afterAll(async () => {
      expect(stage.violations).toEqual([]);
      await stage.stop();
    });

    test.each([
      { how: 'in UTF-16', content: Buffer.from('\uFEFFfreezes: []\n', 'utf16le'), found: 'UTF-16: save it as UTF-8' },
      { how: 'as a symbolic link', content: '../freeze.yml', mode: '120000' as const, found: 'a symbolic link' },
    ])('that is saved $how holds all back, and is not written anew', async ({ content, mode, found }) => {
      const { bare, push, deliver, thaw, commits, lines } = stageOf(stage);
      bare.commit([{ path: FREEZE_FILE, content, ...(mode !== undefined && { mode }) }]);
      const before = commits();
      await push('1.0.1');
      await deliver('1.0.1');
      expect(commits()).toEqual(before);
      const held = lines.filter(({ because }) => because === 'held');
      const reason = expect.stringContaining(`${FREEZE_FILE}: expected a file in UTF-8, found ${found}`);
      expect(held).toMatchObject([
        { message: 'image kept', to: '1.0.1', reason },
        { message: 'update dropped', to: '1.0.1', reason },
      ]);
      await expect(thaw()).rejects.toThrow(found);
    });
  },
);

describe.each([{ kind: 'github' }, { kind: 'gitlab' }] as const)('a freeze of pull requests at $kind', ({ kind }) => {
  let stage: HostStage;
  beforeAll(async () => {
    stage = await startHostStage(kind);
  });
  afterAll(async () => {
    expect(stage.violations).toEqual([]);
    await stage.stop();
  });

  test('leaves the open one as it is, and adds nothing to it before the thaw', async () => {
    const { freeze, thaw, push, sweep, deliver, host, bare } = stageOf(stage, { mode: 'pull-request' });
    await push('1.0.1');
    const open = async () =>
      (await host.pullRequests?.list('main', 'sluice/main-'))?.filter(({ state }) => state === 'open');
    const before = await open();
    expect(before).toMatchObject([{ title: `${IMAGE}: 1.0.0 → 1.0.1` }]);
    await freeze();
    await push('1.0.2');
    await deliver('1.0.2');
    bare.commit([{ path: FILE, content: deployment(`${IMAGE}:0.9.9`, 'semver:~1') }]);
    await push('1.0.2');
    await deliver('1.0.2');
    expect(await open()).toEqual(before);
    await thaw();
    await sweep();
    expect(await open()).toMatchObject([{ title: `${IMAGE}: 0.9.9 → 1.0.2` }]);
  });
});
