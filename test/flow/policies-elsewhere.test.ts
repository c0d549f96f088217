import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHandler as createCommitter } from '../../functions/commit-image/handler.ts';
import { createHandler as createEvaluator } from '../../functions/evaluate-policy/handler.ts';
import { contextOf } from '../../infra/local/functions.ts';
import { memoryCache } from '../../shared/cache/memory-cache.ts';
import { siteReader, type WatchedRepository } from '../../shared/decision/site-reader.ts';
import { type ImagePush, type ImageUpdate, imageUpdatesSchema, readMessage } from '../../shared/queue/messages.ts';
import type { TestFile } from '../contract/bare-repository.ts';
import { fluxPolicy, helmRelease } from '../fakes/flux-v2.ts';
import { updatesEvent } from '../fakes/image-updates.ts';
import { watched } from '../fakes/memory-git-host.ts';
import { memoryRegistry } from '../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../fakes/recording.ts';
import { sqsEvent } from '../fakes/sqs-event.ts';
import { type HostStage, startHostStage } from './host-stage.ts';

const SITE = 'apps/web.yaml';
const POLICY = 'flux/app.yaml';
const OTHERS: readonly TestFile[] = Array.from({ length: 5 }, (_, index) => ({
  path: `apps/other${index}.yaml`,
  content: 'kind: ConfigMap\n',
}));

const pushOf = (tag: string): ImagePush => ({
  version: 1,
  id: `push ${tag}`,
  source: 'distribution',
  registry: 'registry.example.com',
  repository: 'app',
  tag,
  receivedAt: '2026-11-23T10:00:00Z',
});

/** A repository at a host with a HelmRelease and, in another file, the policy that a marker in it names. */
function play(
  stage: HostStage,
  files: readonly TestFile[] = [],
  delivery: Partial<WatchedRepository['config']['delivery']> = {},
) {
  const name = randomUUID();
  const bare = stage.repository(name, [
    { path: SITE, content: helmRelease('1.0.0') },
    { path: POLICY, content: fluxPolicy() },
    ...OTHERS,
    ...files,
  ]);
  const { config: plain, host } = watched(stage.open(name));
  const config = { ...plain, delivery: { ...plain.delivery, ...delivery } };
  const { log, lines } = recordingLog();
  const registry = () => memoryRegistry({ '1.0.0': undefined, '1.0.1': undefined, '1.1': undefined, '1.2': undefined });
  const shared = { repositories: [{ config, host }], registry, maxReceives: 5, log, now: Date.now };
  const updates = recordingSender();
  const evaluate = createEvaluator({
    ...shared,
    readSites: siteReader({ cache: memoryCache(), log }),
    updates,
    pushes: recordingSender(),
    deadLetters: recordingSender(),
  });
  const deadLetters = recordingSender();
  const commit = createCommitter({ ...shared, deadLetters, rateLimit: async () => {} });
  return {
    bare,
    deadLetters,
    lines,
    decide: async (tag: string): Promise<readonly ImageUpdate[]> => {
      const sent = updates.sent.length;
      const event = sqsEvent([JSON.stringify(pushOf(tag))]);
      expect(await evaluate(event, contextOf('evaluate-policy'))).toEqual({ batchItemFailures: [] });
      return updates.sent
        .slice(sent)
        .flatMap(({ body }) => readMessage(imageUpdatesSchema, body, 'message of queue updates'));
    },
    deliver: async (all: readonly ImageUpdate[]): Promise<number> => {
      const { batchItemFailures } = await commit(updatesEvent([all]), contextOf('commit-image'));
      return batchItemFailures.length;
    },
    site: () => bare.read(SITE).toString('utf8'),
    siteAt: (branch: string) => bare.git('show', `${branch}:${SITE}`),
    reasons: () => lines.flatMap(({ message, reason }) => (message === 'update dropped' ? [reason] : [])),
  };
}

describe.each([{ kind: 'github' }, { kind: 'gitlab' }, { kind: 'git' }] as const)('at $kind', ({ kind }) => {
  let stage: HostStage;
  beforeAll(async () => {
    stage = await startHostStage(kind);
  });
  afterAll(async () => {
    expect(stage.violations).toEqual([]);
    await stage.stop();
  });

  test('a push changes nothing but the tag that a marker of Flux v2 is behind', async () => {
    const { decide, deliver, site, bare } = play(stage);
    const updates = await decide('1.0.1');
    expect(updates).toMatchObject([{ site: { container: 'spec.values.image' }, declaredIn: [POLICY] }]);
    expect(await deliver(updates)).toBe(0);
    expect(site()).toBe(helmRelease('1.0.1'));
    const [last] = bare.log();
    expect(last?.message).toContain('registry.example.com/app: 1.0.0 → 1.0.1');
    expect(last?.message).toContain('helmrelease/shop/web container spec.values.image: semver:~1; strict');
  });

  test('what a person sets back stays back', async () => {
    const { decide, deliver, site, bare, reasons } = play(stage);
    await deliver(await decide('1.0.1'));
    bare.commit([{ path: SITE, content: helmRelease('1.0.0') }]);
    await deliver(await decide('1.0.1'));
    expect(reasons()).toEqual([expect.stringContaining('a person moved this place away from 1.0.1')]);
    expect(site()).toBe(helmRelease('1.0.0'));
  });
});

describe('beside the watched branch', () => {
  let stage: HostStage;
  beforeAll(async () => {
    stage = await startHostStage('github');
  });
  afterAll(async () => {
    expect(stage.violations).toEqual([]);
    await stage.stop();
  });

  const ANY = { path: POLICY, content: fluxPolicy({ policy: 'alphabetical: {}' }) };

  test('what waits on a push branch is decided again by its policy when the base moves', async () => {
    const { decide, deliver, siteAt, bare, lines } = play(stage, [], { pushBranch: 'sluice' });
    await deliver(await decide('1.0.1'));
    expect(siteAt('sluice')).toBe(helmRelease('1.0.1'));
    bare.commit([{ path: 'apps/other0.yaml', content: 'kind: Secret\n' }]);
    bare.commit([{ path: 'apps/second.yaml', content: helmRelease('1.0.0').replace('name: web', 'name: second') }]);
    const updates = await decide('1.0.1');
    await deliver(updates.filter(({ site }) => site.file !== SITE));
    expect(siteAt('sluice')).toBe(helmRelease('1.0.1'));
    expect(bare.git('show', 'sluice:apps/second.yaml')).toContain('tag: 1.0.1 #');
    expect(bare.git('show', 'sluice:apps/other0.yaml')).toBe('kind: Secret\n');
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('a pull request has the tag, and takes what comes later', async () => {
    const { decide, deliver, siteAt, bare } = play(stage, [ANY], { mode: 'pull-request' });
    const branches = () => bare.git('for-each-ref', '--format=%(refname:short)', 'refs/heads').trim().split('\n');
    await deliver(await decide('1.1'));
    const branch = branches().find((one) => one !== 'main') ?? '';
    expect(siteAt(branch)).toBe(helmRelease('"1.1"'));
    await deliver(await decide('1.2'));
    expect(branches()).toHaveLength(2);
    expect(siteAt(branch)).toBe(helmRelease('"1.2"'));
    expect(siteAt('main')).toBe(helmRelease('1.0.0'));
  });
});

describe('what became of the policy since an update was decided', () => {
  let stage: HostStage;
  beforeAll(async () => {
    stage = await startHostStage('git');
  });
  afterAll(async () => stage.stop());

  test.each([
    {
      name: 'suspended',
      content: fluxPolicy({ spec: 'suspend: true, ' }),
      reason: 'imagepolicy/flux-system/app is suspended',
    },
    { name: 'narrowed', content: fluxPolicy({ policy: 'semver: {range: ~1.1}' }), reason: 'does not pass semver:~1.1' },
    {
      name: 'taken away',
      content: 'image: none\n',
      reason: 'the marker names ImagePolicy flux-system/app, which no file that is read declares',
    },
    {
      name: 'not to be parsed any more',
      content: `${fluxPolicy()}---\nmetadata: [image.toolkit.fluxcd.io\n`,
      reason: 'what may say otherwise cannot be read: flux/app.yaml:',
    },
  ])('$name: nothing is committed', async ({ content, reason }) => {
    const { decide, deliver, site, bare, reasons } = play(stage);
    const updates = await decide('1.0.1');
    bare.commit([{ path: POLICY, content }]);
    expect(await deliver(updates)).toBe(0);
    expect(reasons()).toEqual([expect.stringContaining(reason)]);
    expect(site()).toBe(helmRelease('1.0.0'));
  });

  test('moved to another file: nothing is committed before it is decided again', async () => {
    const { decide, deliver, site, bare, reasons } = play(stage);
    const updates = await decide('1.0.1');
    bare.commit([{ path: 'flux/moved.yaml', content: fluxPolicy() }]);
    bare.commit([{ path: POLICY, content: 'image: none\n' }]);
    expect(await deliver(updates)).toBe(0);
    expect(reasons()).toHaveLength(1);
    expect(await deliver(await decide('1.0.1'))).toBe(0);
    expect(site()).toBe(helmRelease('1.0.1'));
  });

  test('saved as what is no text: the update fails, since nothing is gone', async () => {
    const { decide, deliver, site, bare, deadLetters, lines } = play(stage);
    const updates = await decide('1.0.1');
    bare.commit([{ path: POLICY, content: Buffer.from(`# ü\n${fluxPolicy()}`, 'latin1') }]);
    await deliver(updates);
    expect(deadLetters.sent).toHaveLength(1);
    expect(lines).toContainEqual(expect.objectContaining({ message: 'update failed', to: '1.0.1' }));
    expect(site()).toBe(helmRelease('1.0.0'));
  });

  test('another file that is no text, and may suspend it: nothing is decided until it can be read', async () => {
    const latin = Buffer.from('# ü\n', 'latin1');
    const { decide, bare, lines } = play(stage, [{ path: 'flux/automation.yaml', content: latin }]);
    expect(await decide('1.0.1')).toEqual([]);
    expect(lines).toContainEqual(
      expect.objectContaining({
        message: 'image kept',
        because: 'held',
        reason: 'what may say otherwise cannot be read: flux/automation.yaml: no text: save it as UTF-8',
      }),
    );
    bare.commit([{ path: 'flux/automation.yaml', content: '# ü\n' }]);
    expect(await decide('1.0.1')).toHaveLength(1);
  });

  test('another file that is too large for anything that a person wrote holds nothing back', async () => {
    const { decide } = play(stage, [{ path: 'flux/crds.yaml', content: '# more\n'.repeat(200_000) }]);
    expect(await decide('1.0.1')).toHaveLength(1);
  });

  test('a message of an earlier release, which names no files, is decided by all that is watched', async () => {
    const { decide, deliver, site } = play(stage);
    const [update] = await decide('1.0.1');
    expect(await deliver(update === undefined ? [] : [{ ...update, declaredIn: undefined }])).toBe(0);
    expect(site()).toBe(helmRelease('1.0.1'));
  });

  test('a tag that would read as a number is put in quotes', async () => {
    const { decide, deliver, site } = play(stage, [{ path: POLICY, content: fluxPolicy({ policy: 'numerical: {}' }) }]);
    await deliver(await decide('1.2'));
    expect(site()).toBe(helmRelease('"1.2"'));
  });
});
