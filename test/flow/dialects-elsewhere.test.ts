import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHandler as createCommitter } from '../../functions/commit-image/handler.ts';
import { createHandler as createEvaluator } from '../../functions/evaluate-policy/handler.ts';
import { contextOf } from '../../infra/local/functions.ts';
import { memoryCache } from '../../shared/cache/memory-cache.ts';
import { siteReader } from '../../shared/decision/site-reader.ts';
import { silentLog as log } from '../../shared/log.ts';
import type { ImagePush } from '../../shared/queue/messages.ts';
import { fluxPolicy } from '../fakes/flux-v2.ts';
import { watched } from '../fakes/memory-git-host.ts';
import { memoryRegistry } from '../fakes/memory-registry.ts';
import { recordingSender } from '../fakes/recording.ts';
import { sqsEvent } from '../fakes/sqs-event.ts';
import { type HostStage, startHostStage } from './host-stage.ts';

const APP = 'registry.example.com/app';
const DIGEST = `sha256:${Buffer.from('1.0.1').toString('hex').padEnd(64, '0')}`;
const PUSH: ImagePush = {
  version: 1,
  id: 'push',
  source: 'distribution',
  registry: 'registry.example.com',
  repository: 'app',
  tag: '1.0.1',
  receivedAt: '2026-11-23T10:00:00Z',
};

let stage: HostStage;
beforeAll(async () => {
  stage = await startHostStage('git');
});
afterAll(async () => stage.stop());

const FLEET = `imageScans:\n- {tagName: app, image: ${APP}, policy: {semver: {range: ~1}}}\n`;

test.each([
  {
    name: "a kustomization's images, by Flux v2",
    file: 'apps/kustomization.yaml',
    text: `images:\n- name: app\n  newName: ${APP} # {"$imagepolicy": "flux-system:app:name"}\n  newTag: 1.0.0 # {"$imagepolicy": "flux-system:app:tag"}\n`,
    more: { 'flux.yaml': fluxPolicy() },
    changes: [['newTag: 1.0.0', 'newTag: 1.0.1']],
  },
  {
    name: 'values with a digest, by Flux v2',
    file: 'apps/values.yaml',
    text: 'image:\n  tag: 1.0.0 # {"$imagepolicy": "flux-system:app:tag"}\n  digest: "" # {"$imagepolicy": "flux-system:app:digest"}\n',
    more: { 'flux.yaml': fluxPolicy({ spec: 'digestReflectionPolicy: Always, interval: 5m, ' }) },
    changes: [
      ['tag: 1.0.0', 'tag: 1.0.1'],
      ['digest: ""', `digest: "${DIGEST}"`],
    ],
  },
  {
    name: 'values in fleet.yaml itself, by Fleet',
    file: 'apps/fleet.yaml',
    text: `helm:\n  values:\n    image: {tag: "1.0.0"} # {"$imagescan": "app:tag"}\n${FLEET}`,
    more: {},
    changes: [['tag: "1.0.0"', 'tag: "1.0.1"']],
  },
  {
    name: 'a whole image with its digest, by Fleet',
    file: 'apps/web.yaml',
    text: `image: ${APP}:1.0.0 # {"$imagescan": "app:digest"}\n`,
    more: { 'fleet.yaml': FLEET },
    changes: [['app:1.0.0', `app:1.0.1@${DIGEST}`]],
  },
  {
    name: 'a HelmRelease of Flux v1, by annotations beside it',
    file: 'apps/release.yaml',
    text: `apiVersion: helm.fluxcd.io/v1\nkind: HelmRelease\nmetadata:\n  name: web\n  annotations: {fluxcd.io/automated: "true", fluxcd.io/tag.chart-image: "semver:~1"}\nspec:\n  values:\n    image:\n      repository: ${APP}\n      tag: 1.0.0 # by hand\n`,
    more: {},
    changes: [['tag: 1.0.0', 'tag: 1.0.1']],
  },
])('a push changes $name', async ({ file, text, more, changes }) => {
  const name = randomUUID();
  const files = Object.entries({ [file]: text, ...more }).map(([path, content]) => ({ path, content }));
  const bare = stage.repository(name, files);
  const { config, host } = watched(stage.open(name));
  const registry = () => memoryRegistry({ '1.0.0': undefined, '1.0.1': undefined });
  const shared = { repositories: [{ config, host }], registry, maxReceives: 5, log, now: Date.now };
  const senders = { updates: recordingSender(), pushes: recordingSender(), deadLetters: recordingSender() };
  const readSites = siteReader({ cache: memoryCache(), log });
  await createEvaluator({ ...shared, ...senders, readSites })(
    sqsEvent([JSON.stringify(PUSH)]),
    contextOf('evaluate-policy'),
  );
  const commit = createCommitter({ ...shared, ...senders, rateLimit: async () => {} });
  const bodies = senders.updates.sent.map(({ body }) => body);
  expect(await commit(sqsEvent(bodies, { groupId: 'group' }), contextOf('commit-image'))).toEqual({
    batchItemFailures: [],
  });
  const wanted = changes.reduce((all, [from = '', to = '']) => all.replace(from, to), text);
  expect(bare.read(file).toString('utf8')).toBe(wanted);
});
