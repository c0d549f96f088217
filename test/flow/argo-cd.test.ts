import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHandler as createCommitImage } from '../../functions/commit-image/handler.ts';
import { createHandler as createEvaluatePolicy } from '../../functions/evaluate-policy/handler.ts';
import { contextOf } from '../../infra/local/functions.ts';
import { memoryCache } from '../../shared/cache/memory-cache.ts';
import type { RepositoryConfig } from '../../shared/config/repository.ts';
import { siteReader } from '../../shared/decision/site-reader.ts';
import type { TestFile } from '../contract/bare-repository.ts';
import { application, imageUpdater } from '../fakes/argo.ts';
import { watched } from '../fakes/memory-git-host.ts';
import { memoryRegistry } from '../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../fakes/recording.ts';
import { sqsEvent } from '../fakes/sqs-event.ts';
import { type HostStage, startHostStage } from './host-stage.ts';

const WEB = 'registry.example.com/web';
const git = { 'write-back-method': 'git' };

/** What stands in the repository, and what a push makes of it. */
const FILES: Readonly<Record<string, { readonly before: string; readonly after?: string }>> = {
  'argocd/kustomized.yaml': {
    before: application({
      name: 'kustomized',
      annotations: { 'image-list': `web=${WEB}:~1`, ...git, 'write-back-target': 'kustomization' },
      source: 'path: overlays/a',
    }),
  },
  'overlays/a/kustomization.yaml': {
    before: `resources: [../../base]\nimages:\n  # the shop\n  - name: ${WEB}\n    newTag: 1.0 # by the updater\n`,
    after: `resources: [../../base]\nimages:\n  # the shop\n  - name: ${WEB}\n    newTag: "1.10" # by the updater\n`,
  },
  'argocd/chart.yaml': {
    before: application({
      name: 'chart',
      annotations: {
        'image-list': `web=${WEB}:1.x`,
        ...git,
        'write-back-target': 'helmvalues:/envs/web.yaml',
        'web.helm.image-name': 'shop.image.repository',
        'web.helm.image-tag': 'shop.image.tag',
      },
      source: 'path: charts/web',
    }),
  },
  'envs/web.yaml': {
    before: `shop:\n  image: { repository: web, tag: '1.0' }\n`,
    after: `shop:\n  image: { repository: web, tag: '1.10' }\n`,
  },
  'argocd/selected.yaml': { before: application({ name: 'selected', labels: '{tier: front}', source: 'path: plain' }) },
  'argocd/updater.yaml': {
    before: imageUpdater([
      'applicationRefs:',
      '- namePattern: "*"',
      '  labelSelectors: {matchLabels: {tier: front}}',
      `  images: [{alias: web, imageName: "${WEB}:1.x"}]`,
    ]),
  },
  'plain/.argocd-source-selected.yaml': {
    before: `helm:\n  parameters:\n  - name: image.tag\n    value: "1.0"\n    forcestring: true\n`,
    after: `helm:\n  parameters:\n  - name: image.tag\n    value: "1.10"\n    forcestring: true\n`,
  },
  'elsewhere/kustomization.yaml': { before: `images:\n- name: ${WEB}\n  newTag: "1.0"\n` },
};

const CHANGED = Object.entries(FILES).filter(([, { after }]) => after !== undefined);

describe.each([{ kind: 'github' }, { kind: 'gitlab' }, { kind: 'git' }] as const)('at $kind', ({ kind }) => {
  let stage: HostStage;
  beforeAll(async () => {
    stage = await startHostStage(kind);
  });
  afterAll(async () => {
    expect(stage.violations).toEqual([]);
    await stage.stop();
  });

  test('a push is one commit to all that Applications of Argo CD have their updates written to', async () => {
    const { push, bare, lines, written } = automated(stage);
    await push('1.10');
    expect(lines.filter(({ level }) => level !== 'info' && level !== 'debug')).toEqual([]);
    expect(bare.git('rev-list', '--count', 'main').trim()).toBe('2');
    for (const [path, { before, after }] of Object.entries(FILES)) {
      expect(bare.git('show', `main:${path}`)).toBe(written(after ?? before));
    }
    expect(bare.git('log', '-1', '--format=%B', 'main')).toContain(
      `${WEB}: 1.0 → 1.10

values container shop.image.tag: semver:1.x (envs/web.yaml)
kustomization container ${WEB}: semver:~1 (overlays/a/kustomization.yaml)
parameters container image.tag: semver:1.x (plain/.argocd-source-selected.yaml)
`,
    );
  });

  test('what a person sets back stays there, and a newer image goes', async () => {
    const { push, bare, lines, commit } = automated(stage);
    await push('1.10');
    const head = commit(CHANGED.map(([path, { before }]) => ({ path, content: before })));
    await push('1.10');
    expect(bare.git('rev-parse', 'main').trim()).toBe(head);
    const dropped = lines.filter(({ message }) => message === 'update dropped');
    expect(dropped).toHaveLength(CHANGED.length);
    await push('1.11');
    for (const [path, { after = '' }] of CHANGED) {
      expect(bare.git('show', `main:${path}`)).toBe(after.replace('1.10', '1.11'));
    }
  });
});

describe.each([{ kind: 'github' }, { kind: 'gitlab' }] as const)('by pull requests at $kind', ({ kind }) => {
  let stage: HostStage;
  beforeAll(async () => {
    stage = await startHostStage(kind);
  });
  afterAll(async () => {
    expect(stage.violations).toEqual([]);
    await stage.stop();
  });

  test('a later push goes into the open one, with all that is in it', async () => {
    const { push, bare, host } = automated(stage, { mode: 'pull-request', skipCi: false, message: {} });
    await push('1.10');
    await push('1.11');
    const pulls = (await host.pullRequests?.list('main', 'sluice/main-')) ?? [];
    expect(pulls).toMatchObject([{ state: 'open', title: `${WEB}: 1.0 → 1.11` }]);
    for (const [path, { after = '' }] of CHANGED) {
      expect(bare.git('show', `${pulls[0]?.branch}:${path}`)).toBe(after.replace('1.10', '1.11'));
    }
  });
});

/** The functions from a push to a commit, over a repository of these files. */
function automated(stage: HostStage, delivery?: Partial<RepositoryConfig['delivery']>) {
  const name = randomUUID();
  // Argo CD reads it by another way.
  const written = (text: string) =>
    text.replace('git@git.example.com:team/deploy.git', `git@git.example.com:acme/${name}.git`);
  const bare = stage.repository(
    name,
    Object.entries(FILES).map(([path, { before }]) => ({ path, content: written(before) })),
  );
  const { config, host } = watched(stage.open(name));
  const { log, lines } = recordingLog();
  const updates = recordingSender();
  const common = {
    repositories: [
      { config: { ...config, url: stage.url(name), delivery: { ...config.delivery, ...delivery } }, host },
    ],
    registry: () => memoryRegistry(Object.fromEntries(['1.0', '1.10', '1.11'].map((tag) => [tag, undefined]))),
    log,
    now: Date.now,
    deadLetters: recordingSender(),
    maxReceives: 5,
  };
  const readSites = siteReader({ cache: memoryCache(), log });
  const evaluatePolicy = createEvaluatePolicy({ ...common, readSites, updates, pushes: recordingSender() });
  const commitImage = createCommitImage({ ...common, rateLimit: async () => {} });
  let taken = 0;
  return {
    bare,
    host,
    lines,
    written,
    commit: (files: readonly TestFile[]) => bare.commit(files).trim(),
    push: async (tag: string) => {
      const push = { version: 1, id: `push-${tag}`, source: 'generic', registry: 'registry.example.com', tag };
      const body = JSON.stringify({ ...push, repository: 'web', receivedAt: new Date().toISOString() });
      await evaluatePolicy(sqsEvent([body]), contextOf('evaluate-policy'));
      const sent = updates.sent.slice(taken).map((one) => one.body);
      taken = updates.sent.length;
      const answer = await commitImage(sqsEvent(sent, { groupId: 'group' }), contextOf('commit-image'));
      expect(answer).toEqual({ batchItemFailures: [] });
    },
  };
}
