import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHandler } from '../../functions/commit-image/handler.ts';
import { contextOf } from '../../infra/local/functions.ts';
import { BLOCK_LIST_FILE, parseBlockList } from '../../shared/block-list/block-list.ts';
import { withAllowed } from '../../shared/block-list/edit.ts';
import { parseConfig } from '../../shared/config/load.ts';
import type { BareRepository } from '../contract/bare-repository.ts';
import { imageUpdate, updatesEvent } from '../fakes/image-updates.ts';
import { deployment } from '../fakes/manifests.ts';
import { memoryRegistry } from '../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../fakes/recording.ts';
import { type HostStage, startHostStage } from './host-stage.ts';

const WEB = 'registry.example.com/web';
const API = 'registry.example.com/api';
const VERSIONS = ['1.0.0', '1.0.1', '1.0.2'];
/** More commits than a page of history has, and than are looked through at all. */
const [MANY, TOO_MANY] = [120, 1010];
const HOUR = 3_600_000;

describe.each([{ kind: 'github' }, { kind: 'gitlab' }, { kind: 'git' }] as const)('a rollback at $kind', ({ kind }) => {
  let stage: HostStage;
  beforeAll(async () => {
    stage = await startHostStage(kind);
  });
  afterAll(async () => {
    expect(stage.violations).toEqual([]);
    await stage.stop();
  });

  test('holds when its history is too long to tell of it, until somebody allows it', { timeout: 120_000 }, async () => {
    const { deliver, at, list, bare, rollBack, editByPerson } = delivering(stage);
    await deliver([WEB, '1.0.2']);
    const set = bare.git('rev-parse', 'main').trim();
    rollBack();
    editByPerson(MANY);
    await deliver([WEB, '1.0.2']);
    expect(at('web.yml')).toBe(`${WEB}:1.0.0`);
    expect(list().rolledBack).toMatchObject([
      {
        image: WEB,
        tag: '1.0.2',
        file: 'web.yml',
        object: 'deployment/default/hello',
        container: 'hello',
        commit: set,
      },
    ]);
    editByPerson(TOO_MANY);
    const head = bare.git('rev-parse', 'main');
    await deliver([WEB, '1.0.2']);
    await deliver([WEB, '1.0.1']);
    expect(bare.git('rev-parse', 'main')).toBe(head);
    const allowed = { image: WEB, tag: '1.0.2', since: new Date().toISOString() };
    const text = withAllowed(bare.git('show', `main:${BLOCK_LIST_FILE}`), allowed);
    bare.commit([{ path: BLOCK_LIST_FILE, content: text }]);
    await deliver([WEB, '1.0.2']);
    expect([at('web.yml'), list().rolledBack]).toEqual([`${WEB}:1.0.2`, []]);
  });

  test('is taken back by an allow that came after it in history, whatever the clocks say', async () => {
    const { deliver, at, bare, rollBack, allow } = delivering(stage);
    await deliver([WEB, '1.0.2']);
    const set = bare.git('rev-parse', 'main').trim();
    // On a line of its own, before the rollback.
    bare.git('update-ref', 'refs/heads/aside', set);
    allow('aside', HOUR);
    rollBack();
    const tree = bare.git('merge-tree', '--write-tree', 'main', 'aside').trim();
    bare.git('update-ref', 'refs/heads/main', commitTree(bare, tree, 'Merge', 'main', 'aside'));
    await deliver([WEB, '1.0.2']);
    expect(at('web.yml')).toBe(`${WEB}:1.0.0`);
    allow('main', -HOUR);
    await deliver([WEB, '1.0.2']);
    expect(at('web.yml')).toBe(`${WEB}:1.0.2`);
    rollBack();
    await deliver([WEB, '1.0.2']);
    expect(at('web.yml')).toBe(`${WEB}:1.0.0`);
  });

  test('is taken back by an allow, also where a line is merged later on which nobody had set the place back', async () => {
    const { deliver, at, bare, rollBack, allow } = delivering(stage);
    await deliver([WEB, '1.0.2']);
    bare.git('update-ref', 'refs/heads/aside', 'main');
    // By seconds git orders commits of two lines.
    await sleep(1000);
    rollBack();
    allow('main', 0);
    bare.commit([{ path: 'web.yml', content: `# noted\n${bare.git('show', 'aside:web.yml')}` }], 'aside');
    const tree = bare.git('merge-tree', '--write-tree', 'main', 'aside').trim();
    bare.git('update-ref', 'refs/heads/main', commitTree(bare, tree, 'Merge', 'main', 'aside'));
    expect(at('web.yml')).toBe(`${WEB}:1.0.0`);
    await deliver([WEB, '1.0.2']);
    expect(at('web.yml')).toBe(`${WEB}:1.0.2`);
  });

  test('is not forgotten where a line is merged that had left before the version was set, until it is allowed', async () => {
    const { deliver, at, bare, rollBack, allow } = delivering(stage);
    bare.git('update-ref', 'refs/heads/aside', 'main');
    await deliver([WEB, '1.0.2']);
    bare.commit([{ path: 'web.yml', content: `# noted\n${bare.git('show', 'aside:web.yml')}` }], 'aside');
    rollBack();
    const tree = bare.git('merge-tree', '--write-tree', 'main', 'aside').trim();
    bare.git('update-ref', 'refs/heads/main', commitTree(bare, tree, 'Merge', 'main', 'aside'));
    await deliver([WEB, '1.0.2']);
    expect(at('web.yml')).toBe(`${WEB}:1.0.0`);
    allow('main', 0);
    await deliver([WEB, '1.0.2']);
    expect(at('web.yml')).toBe(`${WEB}:1.0.2`);
  });

  test('is written down on a push branch, which stays one of Sluice alone', { timeout: 120_000 }, async () => {
    const { deliver, at, list, bare, rollBack, editByPerson } = delivering(stage, '{ pushBranch: deploy }');
    await deliver([WEB, '1.0.2']);
    bare.git('update-ref', 'refs/heads/main', 'deploy');
    rollBack();
    editByPerson(MANY);
    await deliver([WEB, '1.0.2']);
    expect(list('deploy').rolledBack).toMatchObject([{ image: WEB, tag: '1.0.2' }]);
    expect(bare.git('diff', '--name-only', 'main', 'deploy').trim()).toBe(BLOCK_LIST_FILE);
    bare.commit([{ path: 'notes.txt', content: 'new at the base\n' }]);
    await deliver([WEB, '1.0.2'], [API, '1.0.1']);
    expect(bare.git('diff', '--name-only', 'main', 'deploy').trim().split('\n')).toEqual([BLOCK_LIST_FILE, 'api.yml']);
    bare.git('update-ref', 'refs/heads/main', 'deploy');
    editByPerson(TOO_MANY);
    await deliver([WEB, '1.0.2'], [API, '1.0.2']);
    expect([at('web.yml', 'deploy'), at('api.yml', 'deploy')]).toEqual([`${WEB}:1.0.0`, `${API}:1.0.2`]);
  });

  const SQUASH = (bare: BareRepository) => {
    bare.commit([{ path: BLOCK_LIST_FILE, content: bare.git('show', `deploy:${BLOCK_LIST_FILE}`) }]);
  };
  test.each([
    { how: 'merged', merge: (bare: BareRepository) => void bare.git('update-ref', 'refs/heads/main', 'deploy') },
    { how: 'squashed', merge: SQUASH },
  ])(
    'that people $how from a push branch, and then took out by hand, stays out',
    { timeout: 120_000 },
    async ({ merge }) => {
      const { deliver, at, list, bare } = await noted(stage);
      merge(bare);
      bare.commit([{ path: BLOCK_LIST_FILE, content: 'blocked: []\n' }]);
      await deliver([API, '1.0.1']);
      expect([at('api.yml', 'deploy'), list('deploy').rolledBack]).toEqual([`${API}:1.0.1`, []]);
    },
  );

  test('on a push branch is over where somebody has allowed it at the base', { timeout: 120_000 }, async () => {
    const { deliver, list, bare, allow } = await noted(stage);
    bare.commit([{ path: BLOCK_LIST_FILE, content: `blocked:\n  - image: ${API}:0.9\n` }]);
    await deliver([API, '1.0.1']);
    expect(list('deploy').rolledBack).toMatchObject([{ image: WEB, tag: '1.0.2' }]);
    allow('main', -HOUR);
    await deliver([API, '1.0.2']);
    expect(list('deploy')).toMatchObject({ allowed: [{ image: WEB, tag: '1.0.2' }], rolledBack: [] });
  });

  test('on a push branch holds there too while it has commits of people', { timeout: 120_000 }, async () => {
    const { deliver, at, bare, editByPerson } = await noted(stage);
    bare.commit([{ path: 'notes.txt', content: 'by a person\n' }], 'deploy');
    editByPerson(TOO_MANY);
    await deliver([WEB, '1.0.2'], [API, '1.0.1']);
    expect([at('web.yml', 'deploy'), at('api.yml', 'deploy')]).toEqual([`${WEB}:1.0.0`, `${API}:1.0.1`]);
  });

  test('of another image at the place is not lost with what is set there', { timeout: 120_000 }, async () => {
    const { deliver, at, list, bare } = await noted(stage);
    bare.commit([{ path: 'web.yml', content: deployment(`${API}:1.0.0`, 'semver:~1') }]);
    await deliver([API, '1.0.1', 'web.yml']);
    expect(at('web.yml', 'deploy')).toBe(`${API}:1.0.1`);
    expect(list('deploy').rolledBack).toMatchObject([{ image: WEB, tag: '1.0.2' }]);
  });

  // It has no pull requests.
  if (kind === 'git') {
    return;
  }

  test('is written down beside what a pull request proposes', { timeout: 120_000 }, async () => {
    const { deliver, list, bare, host, rollBack, editByPerson, setBySluice } = delivering(
      stage,
      '{ mode: pull-request }',
    );
    setBySluice('1.0.2');
    rollBack();
    editByPerson(MANY);
    await deliver([WEB, '1.0.2'], [API, '1.0.1']);
    const proposed = async () => {
      const all = (await host.pullRequests?.list('main', 'sluice/main-')) ?? [];
      return all.find(({ state }) => state === 'open')?.branch ?? '';
    };
    const branch = await proposed();
    expect(bare.git('diff', '--name-only', 'main', branch).trim().split('\n')).toEqual([BLOCK_LIST_FILE, 'api.yml']);
    expect(list(branch).rolledBack).toMatchObject([{ image: WEB, tag: '1.0.2' }]);
    bare.git('update-ref', 'refs/heads/main', branch);
    editByPerson(TOO_MANY);
    await deliver([WEB, '1.0.2'], [API, '1.0.2']);
    expect(bare.git('diff', '--name-only', `main...${await proposed()}`).trim()).toBe('api.yml');
  });
});

/** A push branch that holds nothing but what was written down of a rollback. */
async function noted(stage: HostStage) {
  const delivered = delivering(stage, '{ pushBranch: deploy }');
  const { deliver, list, bare, rollBack, editByPerson } = delivered;
  await deliver([WEB, '1.0.2']);
  bare.git('update-ref', 'refs/heads/main', 'deploy');
  rollBack();
  editByPerson(MANY);
  await deliver([WEB, '1.0.2']);
  expect(list('deploy').rolledBack).toMatchObject([{ image: WEB, tag: '1.0.2' }]);
  return delivered;
}

type Delivered = readonly [image: string, tag: string, file?: string];

/** A repository with two workloads, and commit-image committing beside people. */
function delivering(stage: HostStage, delivery = '{}') {
  const name = randomUUID();
  const manifest = (image: string, tag: string) => deployment(`${image}:${tag}`, 'semver:~1');
  const bare = stage.repository(name, [
    { path: 'web.yml', content: manifest(WEB, '1.0.0') },
    { path: 'api.yml', content: manifest(API, '1.0.0') },
  ]);
  const url = stage.url(name);
  const { repositories } = parseConfig(
    `
repositories: [{ url: ${url}, host: ${stage.kind}, delivery: ${delivery} }]
registries: [{ host: registry.example.com }]
`,
    'sluice.yml',
  );
  const host = stage.open(name);
  const handler = createHandler({
    repositories: repositories.map((config) => ({ config, host })),
    registry: () => memoryRegistry(Object.fromEntries(VERSIONS.map((tag) => [tag, undefined]))),
    deadLetters: recordingSender(),
    maxReceives: 5,
    log: recordingLog().log,
    now: Date.now,
    rateLimit: async () => {},
  });
  let edits = 0;
  return {
    bare,
    host,
    deliver: async (...updates: readonly Delivered[]) => {
      const revision = bare.git('rev-parse', 'main').trim();
      const messages = updates.map(([image, to, file = image === WEB ? 'web.yml' : 'api.yml']) => [
        imageUpdate({ url, image, file, from: '1.0.0', to, revision }),
      ]);
      expect(await handler(updatesEvent(messages), contextOf('commit-image'))).toEqual({ batchItemFailures: [] });
    },
    /** A person sets the place back. */
    rollBack: () => void bare.commit([{ path: 'web.yml', content: manifest(WEB, '1.0.0') }]),
    /** So many commits of a person in the file. */
    editByPerson: (count: number) => {
      const texts = Array.from({ length: count }, () => `${manifest(WEB, '1.0.0')}# ${edits++}\n`);
      bare.commitEach(texts.map((content) => [{ path: 'web.yml', content }]));
    },
    /** A commit as Sluice makes it, as another process may have. */
    setBySluice: (tag: string) => {
      bare.commit([{ path: 'web.yml', content: manifest(WEB, tag) }]);
      const words = `${WEB}: 1.0.0 → ${tag}\n\nSluice-Site: web.yml deployment/default/hello hello ${WEB} ${tag}\n`;
      bare.git('update-ref', 'refs/heads/main', commitTree(bare, 'main^{tree}', words, 'main~1'));
    },
    /** A person allows the version again, by a clock that is ahead by so many milliseconds. */
    allow: (branch: string, ahead: number) => {
      const has = bare.git('ls-tree', '--name-only', branch, BLOCK_LIST_FILE) !== '';
      const before = has ? bare.git('show', `${branch}:${BLOCK_LIST_FILE}`) : undefined;
      const entry = { image: WEB, tag: '1.0.2', since: new Date(Date.now() + ahead).toISOString() };
      bare.commit([{ path: BLOCK_LIST_FILE, content: withAllowed(before, entry) }], branch);
    },
    at: (file: string, branch = 'main') => /image: (\S+)/.exec(bare.git('show', `${branch}:${file}`))?.[1],
    list: (branch = 'main') => parseBlockList(bare.git('show', `${branch}:${BLOCK_LIST_FILE}`)),
  };
}

function commitTree(bare: BareRepository, tree: string, message: string, ...parents: readonly string[]): string {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  const onto = parents.flatMap((parent) => ['-p', parent]);
  return bare.git(...identity, 'commit-tree', tree, ...onto, '-m', message).trim();
}
