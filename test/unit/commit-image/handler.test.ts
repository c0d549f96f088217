import { describe, expect, test } from 'vitest';
import { createHandler } from '../../../functions/commit-image/handler.ts';
import { contextOf } from '../../../infra/local/functions.ts';
import { SluiceError } from '../../../shared/errors.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import type { Registry } from '../../../shared/registry/port.ts';
import { updatesEvent } from '../../fakes/image-updates.ts';
import { deployment } from '../../fakes/manifests.ts';
import { type MemoryGitHost, memoryGitHost, watched } from '../../fakes/memory-git-host.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../../fakes/recording.ts';

const IMAGE = 'registry.example.com/hello';
const DAY = (day: number) => `2026-11-0${day}T00:00:00.000Z`;
const AGES = { one: DAY(1), two: DAY(2), three: DAY(3), four: DAY(4) };
const FILE = 'deploy.yml';

interface Change {
  readonly from?: string;
  readonly to: keyof typeof AGES;
  readonly file?: string;
  readonly revision?: string;
  readonly container?: string;
  readonly url?: string;
}

function update({
  from = 'one',
  to,
  file = FILE,
  revision = 'an earlier one',
  container = 'hello',
  url,
}: Change): ImageUpdate {
  return {
    version: 1,
    repository: url ?? 'https://git.example.com/hello.git',
    branch: 'main',
    revision,
    site: { file, object: 'deployment/default/hello', container },
    image: IMAGE,
    from: `${IMAGE}:${from}`,
    to: { tag: to, created: AGES[to] },
    policy: 'glob:*',
    push: { id: `push-${to}`, source: 'distribution', pushedAt: AGES[to], receivedAt: AGES[to] },
  };
}

function committer(host: MemoryGitHost, registry: Registry = memoryRegistry(AGES)) {
  const { log, lines } = recordingLog();
  const deadLetters = recordingSender();
  const handler = createHandler({
    repositories: [watched(host)],
    registry: () => registry,
    deadLetters,
    maxReceives: 5,
    log,
    now: Date.now,
  });
  const commit = async (...updates: readonly ImageUpdate[]) =>
    handler(updatesEvent(updates.map((one) => [one])), contextOf('commit-image'));
  const imageAt = async (file = FILE) => {
    const files = await host.files(await host.head('main'), ['']);
    return /image: (\S+)/.exec(files.find(({ path }) => path === file)?.text ?? '')?.[1];
  };
  return { commit, imageAt, lines, deadLetters };
}

const manifest = (tag: string, extra = '') => deployment(`${IMAGE}:${tag}`, 'glob:*', extra);
const onePlace = () => memoryGitHost({ [FILE]: manifest('one') });

describe('what waits becomes one commit', () => {
  test('of several files', async () => {
    const host = memoryGitHost({ 'a.yml': manifest('one'), 'b.yml': manifest('one') });
    const { commit, imageAt } = committer(host);
    expect(await commit(update({ to: 'two', file: 'a.yml' }), update({ to: 'two', file: 'b.yml' }))).toEqual({
      batchItemFailures: [],
    });
    expect(host.commits).toHaveLength(1);
    expect(host.commits[0]?.message).toContain(`${IMAGE}: one → two\n`);
    expect([await imageAt('a.yml'), await imageAt('b.yml')]).toEqual([`${IMAGE}:two`, `${IMAGE}:two`]);
  });

  test.each([
    { order: 'in order', tags: ['two', 'three'] as const },
    { order: 'the older one last', tags: ['three', 'two'] as const },
    { order: 'with a double', tags: ['three', 'three', 'two'] as const },
  ])('in which the youngest image wins, $order', async ({ tags }) => {
    const host = onePlace();
    const { commit, imageAt } = committer(host);
    await commit(...tags.map((to) => update({ to })));
    expect(await imageAt()).toBe(`${IMAGE}:three`);
    expect(host.commits).toHaveLength(1);
    expect(host.commits[0]?.message.split('\n')[0]).toBe(`${IMAGE}: one → three`);
    expect(host.commits[0]?.message.match(/^Sluice-Update: .*$/gm)).toEqual([`Sluice-Update: ${IMAGE} one three`]);
  });
});

describe('what has changed meanwhile counts', () => {
  test.each([
    { what: 'the tag stands there already', at: manifest('two'), to: 'two', says: `${IMAGE}:two stands there already` },
    {
      what: 'a person went further',
      at: manifest('four'),
      to: 'two',
      says: 'two is ranked at or below the current four',
    },
    {
      what: 'the policy was taken away',
      at: manifest('one').replace('"true"', '"false"'),
      to: 'two',
      says: 'its policy was taken away',
    },
    {
      what: 'the workload was locked',
      at: manifest('one', '    fluxcd.io/locked: "true"\n'),
      to: 'two',
      says: 'locked',
    },
    {
      what: 'the policy wants others',
      at: manifest('one').replace('glob:*', 'glob:v-*'),
      to: 'two',
      says: 'tag two does not pass glob:v-*',
    },
    {
      what: 'the container is gone',
      at: manifest('one').replace('name: hello\n          image', 'name: other\n          image'),
      to: 'two',
      says: 'no longer has a container hello',
    },
  ] as const)('$what: no commit, and the log says why', async ({ at, to, says }) => {
    const host = memoryGitHost({ [FILE]: at });
    const { commit, lines } = committer(host);
    expect(await commit(update({ to }))).toEqual({ batchItemFailures: [] });
    expect(host.commits).toEqual([]);
    expect(lines).toContainEqual(
      expect.objectContaining({ message: 'update dropped', push: `push-${to}`, reason: expect.stringContaining(says) }),
    );
  });

  test('what was pushed turns out to be no image: no commit, and the log says what it is', async () => {
    const host = onePlace();
    const chart = 'a config of type application/vnd.cncf.helm.config.v1+json';
    const registry = { ...memoryRegistry(AGES), notAnImage: async () => chart };
    const { commit, lines } = committer(host, registry);
    expect(await commit(update({ to: 'two' }))).toEqual({ batchItemFailures: [] });
    expect(host.commits).toEqual([]);
    const reason = `tag two names no image that a container can run from: its manifest has ${chart}`;
    expect(lines).toContainEqual(expect.objectContaining({ message: 'update dropped', reason }));
  });

  test('the file is gone', async () => {
    const { commit, lines } = committer(onePlace());
    await commit(update({ to: 'two', file: 'gone.yml' }));
    expect(lines).toContainEqual(expect.objectContaining({ reason: 'gone.yml is no longer there' }));
  });

  test('a person went back: the younger image is still an update', async () => {
    const host = memoryGitHost({ [FILE]: manifest('two') });
    const { commit, imageAt } = committer(host);
    await commit(update({ from: 'three', to: 'four' }));
    expect(await imageAt()).toBe(`${IMAGE}:four`);
  });
});

describe('a tag that is moved, at a place that pins digests', () => {
  const at = (digit: string) => `sha256:${digit.repeat(64)}`;
  const pinned = (digit: string) => `one@${at(digit)}`;
  const moved = (digit: string) => {
    const one = update({ from: pinned('0'), to: 'one' });
    return { ...one, to: { ...one.to, digest: at(digit) } };
  };
  /** Where the tag points to by now. */
  const registry = { ...memoryRegistry(AGES), image: async () => ({ tag: 'one', digest: at('2'), created: DAY(1) }) };

  test.each([
    { order: 'in order', messages: ['1', '2'] },
    { order: 'the older one last', messages: ['2', '1'] },
    { order: 'the older one twice', messages: ['1', '2', '1'] },
  ])('ends at its last image, $order', async ({ messages }) => {
    const host = memoryGitHost({ [FILE]: manifest(pinned('0')) });
    const { commit, imageAt } = committer(host, registry);
    for (const digit of messages) {
      expect(await commit(moved(digit))).toEqual({ batchItemFailures: [] });
    }
    expect(await imageAt()).toBe(`${IMAGE}:${pinned('2')}`);
  });

  test.each([
    { stands: '2', reason: 'one stands there already for glob:*' },
    { stands: '3', reason: `one points to ${at('2')} by now, no longer to ${at('1')}` },
  ])('does not go back from $stands to an image that it left', async ({ stands, reason }) => {
    const host = memoryGitHost({ [FILE]: manifest(pinned(stands)) });
    const { commit, lines } = committer(host, registry);
    await commit(moved('1'));
    expect(host.commits).toEqual([]);
    expect(lines).toContainEqual(expect.objectContaining({ message: 'update dropped', reason }));
  });
});

describe('the head of the branch', () => {
  test('is not asked for where the updates were decided on it', async () => {
    const host = onePlace();
    const revision = await host.head('main');
    let asked = 0;
    const counting = Object.assign(Object.create(host) as MemoryGitHost, {
      head: async (branch: string) => {
        asked += 1;
        return host.head(branch);
      },
    });
    const { commit } = committer(counting);
    await commit(update({ to: 'two', revision }));
    await commit(update({ from: 'two', to: 'three', revision }));
    expect({ asked, commits: host.commits.length }).toEqual({ asked: 0, commits: 2 });
  });

  test('moves while a commit is made: it is decided again on the new one, and the foreign commit stays', async () => {
    const host = onePlace();
    let isFirst = true;
    host.beforeCommit = () => {
      if (isFirst) {
        isFirst = false;
        host.push({ 'README.md': 'by a person', [FILE]: manifest('one', '    example.com/by: a-person\n') });
      }
    };
    const { commit, imageAt } = committer(host);
    await commit(update({ to: 'two', revision: await host.head('main') }));
    const files = await host.files(await host.head('main'), ['']);
    expect(files.find(({ path }) => path === 'README.md')?.text).toBe('by a person');
    expect(files.find(({ path }) => path === FILE)?.text).toContain('example.com/by: a-person');
    expect(await imageAt()).toBe(`${IMAGE}:two`);
  });

  test('moves each time: the updates go back to their queue', async () => {
    const host = onePlace();
    let times = 0;
    host.beforeCommit = () => {
      times += 1;
      host.push({ 'README.md': `again ${times}` });
    };
    const { commit } = committer(host);
    expect(await commit(update({ to: 'two' }))).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-0' }] });
    expect(times).toBeGreaterThan(2);
    expect(host.commits).toEqual([]);
  });
});

describe('what goes wrong', () => {
  test('a host that refuses the push: every update goes to the dead-letter queue with the host’s words', async () => {
    const host = onePlace();
    host.beforeCommit = () => {
      throw new SluiceError({ code: 'git-refused', subject: 'repository', found: 'protected branch' });
    };
    const { commit, deadLetters } = committer(host);
    expect(await commit(update({ to: 'two' }))).toEqual({ batchItemFailures: [] });
    expect(deadLetters.sent).toEqual([
      expect.objectContaining({ attributes: { error: 'repository: protected branch' }, groupId: 'group' }),
    ]);
  });

  test('a file that broke fails its own updates, and the others are committed', async () => {
    const host = memoryGitHost({ 'a.yml': 'image: [', 'b.yml': manifest('one') });
    const { commit, imageAt, deadLetters } = committer(host);
    await commit(update({ to: 'two', file: 'a.yml' }), update({ to: 'two', file: 'b.yml' }));
    expect(await imageAt('b.yml')).toBe(`${IMAGE}:two`);
    expect(deadLetters.sent).toEqual([
      expect.objectContaining({ attributes: { error: expect.stringContaining('a.yml:1') } }),
    ]);
  });

  test('a repository that is not configured any more is named', async () => {
    const { commit, deadLetters } = committer(onePlace());
    await commit(update({ to: 'two', url: 'https://git.example.com/other.git' }));
    expect(deadLetters.sent[0]?.attributes?.['error']).toContain(
      'repository https://git.example.com/other.git branch main: expected a repository of sluice.yml',
    );
  });
});
