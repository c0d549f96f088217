import { createHash } from 'node:crypto';
import { createHandler as createCommitImage } from '../../functions/commit-image/handler.ts';
import { createHandler as createEvaluatePolicy } from '../../functions/evaluate-policy/handler.ts';
import { sweepRepositories } from '../../functions/sweep/sweep.ts';
import { contextOf } from '../../infra/local/functions.ts';
import { memoryCache } from '../../shared/cache/memory-cache.ts';
import { RepositoryTime } from '../../shared/decision/repository-time.ts';
import { siteReader } from '../../shared/decision/site-reader.ts';
import type { ImagePush } from '../../shared/queue/messages.ts';
import type { PushClock } from '../../shared/registry/push-clock.ts';
import { Witness } from '../../shared/registry/witness.ts';
import { deployment } from '../fakes/manifests.ts';
import { memoryGitHost, watched } from '../fakes/memory-git-host.ts';
import { memoryRegistry } from '../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../fakes/recording.ts';
import { sqsEvent } from '../fakes/sqs-event.ts';

export const IMAGE = 'registry.example.com/hello';
export const START = Date.UTC(2026, 10, 24, 10);
export const HOUR = 3_600_000;

export const iso = (time: number) => new Date(time).toISOString();
export const digestOf = (content: string) => `sha256:${createHash('sha256').update(content).digest('hex')}`;

/**
 * The functions from a push to a commit, by a clock that a test sets, over a registry of one repository and a manifest
 * whose policy is this line. All images say that they were built long ago.
 */
export function minAgeStage(line: string, clock?: PushClock) {
  const time = { now: START };
  const now = () => time.now;
  /** What each tag points to. */
  const contents = new Map([['1.0.0', 'first']]);
  const state = { cache: memoryCache(now) };
  const host = memoryGitHost({ 'deploy.yml': deployment(`${IMAGE}:1.0.0`, line) });
  const { log, lines } = recordingLog();
  const [pushes, delayed, updates] = [recordingSender(), recordingSender(), recordingSender()];
  const registry = () => ({
    ...memoryRegistry(
      Object.fromEntries([...contents.keys()].map((tag) => [tag, '2020-01-01T00:00:00Z'])),
      new Witness({ host: 'registry.example.com', cache: state.cache, clock, now }),
    ),
    image: async (repository: string, tag: string) => {
      const facts = await memoryRegistry(Object.fromEntries(contents)).image(repository, tag, { created: false });
      return { ...facts, created: '2020-01-01T00:00:00Z', digest: digestOf(contents.get(tag) ?? '') };
    },
  });
  const common = { repositories: [watched(host)], registry, log, now, deadLetters: recordingSender(), maxReceives: 5 };
  const readSites = siteReader({ cache: memoryCache(), log });
  const evaluatePolicy = createEvaluatePolicy({ ...common, readSites, updates, pushes: delayed });
  const commitImage = createCommitImage({ ...common, rateLimit: async () => {} });
  let taken = 0;

  return {
    time,
    contents,
    host,
    lines,
    updates: updates.sent,
    delayed: delayed.sent,
    /** A message comes to evaluate-policy whose time has come. */
    deliver: async (body = '') => evaluatePolicy(sqsEvent([body]), contextOf('evaluate-policy')),
    loseCache: () => {
      state.cache = memoryCache(now);
    },
    /** A registry's event, received at a time and worked on now. */
    async push(tag: string, event: Partial<ImagePush> = {}) {
      const push = { version: 1, id: `push-${tag}`, source: 'generic', registry: 'registry.example.com', tag };
      const body = JSON.stringify({ ...push, repository: 'hello', receivedAt: iso(time.now), ...event });
      await evaluatePolicy(sqsEvent([body]), contextOf('evaluate-policy'));
    },
    /** A sweep, and what comes of the pushes that it found; gives the messages that wait. */
    async sweep() {
      const ports = { ...common, readSites, time: new RepositoryTime(now), cache: memoryCache(), pushes };
      await sweepRepositories(ports, () => 60_000);
      const sent = pushes.sent.slice(taken);
      taken = pushes.sent.length;
      const found = sent.filter(({ delaySeconds }) => delaySeconds === undefined).map(({ body }) => body);
      if (found.length > 0) {
        await evaluatePolicy(sqsEvent(found), contextOf('evaluate-policy'));
      }
      return sent.filter(({ delaySeconds }) => delaySeconds !== undefined);
    },
    /** Delivers to commit-image what evaluate-policy has sent since, or these bodies. */
    async commit(bodies = updates.sent.map(({ body }) => body)) {
      if (bodies.length > 0) {
        await commitImage(sqsEvent(bodies, { groupId: 'group' }), contextOf('commit-image'));
      }
    },
    async image() {
      const [file] = await host.files(await host.head('main'), ['deploy.yml']);
      return /image: \S+?:(\S+)/.exec(file?.text ?? '')?.[1];
    },
  };
}
