import { describe, expect, test } from 'vitest';
import { createHandler } from '../../../functions/commit-image/handler.ts';
import { contextOf } from '../../../infra/local/functions.ts';
import { MAX_LENGTH } from '../../../shared/sluice-file/parse.ts';
import { imageUpdate, updatesEvent } from '../../fakes/image-updates.ts';
import { deployment } from '../../fakes/manifests.ts';
import { type MemoryGitHost, memoryGitHost, watched } from '../../fakes/memory-git-host.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../../fakes/recording.ts';
import { FILE, IMAGE, LIST, manifest, updatedBranch } from './updated-branch.ts';

describe('a place that a person set back', () => {
  test('does not get that version again, in this process or another', async () => {
    const { host, tag, deliver, handler, reasons } = await updatedBranch();
    host.push({ [FILE]: manifest('1.0.0') });
    await deliver('1.0.2', handler);
    await deliver('1.0.2');
    expect(await tag()).toBe('1.0.0');
    expect(reasons()).toEqual(
      Array.from({ length: 2 }, () =>
        expect.stringMatching(
          /^a person moved this place away from 1\.0\.2, which commit [0-9a-f]{12} had set; it comes back only by `sluice allow registry\.example\.com\/web:1\.0\.2`$/,
        ),
      ),
    );
  });

  test('does not get an older one either', async () => {
    const { host, tag, deliver, reasons } = await updatedBranch();
    host.push({ [FILE]: manifest('1.0.0') });
    await deliver('1.0.1');
    expect(await tag()).toBe('1.0.0');
    expect(reasons().at(-1)).toContain('1.0.1, which is not newer, comes back only by');
  });

  test('gets a newer one', async () => {
    const { host, tag, deliver } = await updatedBranch();
    host.push({ [FILE]: manifest('1.0.0') });
    await deliver('1.0.3');
    expect(await tag()).toBe('1.0.3');
  });

  test('gets it again where a person allows it', async () => {
    const { host, tag, deliver } = await updatedBranch();
    host.push({ [FILE]: manifest('1.0.0') });
    host.push({ [LIST]: `allowed:\n  - image: ${IMAGE}\n    tag: 1.0.2\n` });
    await deliver('1.0.2');
    expect(await tag()).toBe('1.0.2');
  });

  test('is free again once a person sets it to that version', async () => {
    const { host, tag, deliver } = await updatedBranch();
    host.push({ [FILE]: manifest('1.0.0') });
    host.push({ [FILE]: manifest('1.0.2') });
    await deliver('1.0.3');
    expect(await tag()).toBe('1.0.3');
  });
});

describe('the block list', () => {
  test.each([
    {
      name: 'keeps a version out, with its reason',
      list: `blocked:\n  - image: ${IMAGE}\n    tag: 1.0.3\n    reason: crashes on start\n`,
      tag: '1.0.2',
      says: /^blocked in \.sluice\/blocked\.yml: crashes on start$/,
    },
    {
      name: 'lets it in when its time is over',
      list: `blocked:\n  - image: ${IMAGE}\n    tag: 1.0.3\n    until: 2026-11-20\n`,
      tag: '1.0.3',
      says: /^$/,
    },
    {
      name: 'of another image says nothing',
      list: 'blocked:\n  - image: other\n    tag: 1.0.3\n',
      tag: '1.0.3',
      says: /^$/,
    },
    {
      name: 'that cannot be read keeps everything out',
      list: 'blocked: [',
      tag: '1.0.2',
      says: /Nothing is updated until it can be read$/,
    },
  ])('$name', async ({ list, tag: expected, says }) => {
    const { host, tag, deliver, reasons } = await updatedBranch();
    host.push({ [LIST]: list });
    await deliver('1.0.3');
    expect(await tag()).toBe(expected);
    expect(reasons().at(-1) ?? '').toMatch(says);
  });
});

describe('a rollback is not forgotten', () => {
  test('after more commits of the branch, and of the file, than a page of its history has', async () => {
    const { host, tag, deliver } = await updatedBranch();
    host.push({ [FILE]: manifest('1.0.0') });
    for (let count = 0; count < 250; count += 1) {
      host.push({ 'other.yml': String(count), [FILE]: `${manifest('1.0.0')}# ${count}\n` });
    }
    await deliver('1.0.2');
    expect(await tag()).toBe('1.0.0');
  });

  test('after a squash merge with only a title', async () => {
    const { host, tag, deliver } = await updatedBranch();
    host.push({ [FILE]: manifest('1.0.3') }, `${IMAGE}: 1.0.2 → 1.0.3 (#12)`);
    host.push({ [FILE]: manifest('1.0.2') });
    await deliver('1.0.3');
    expect(await tag()).toBe('1.0.2');
  });

  test('for a message that says that Sluice set the place to what stands there', async () => {
    const { host, tag, deliver } = await updatedBranch();
    host.push({ [FILE]: manifest('1.0.0') });
    const forged = `Docs\n\nSluice-Site: ${FILE} deployment/default/hello hello ${IMAGE} 1.0.0\n`;
    host.push({ 'docs.md': 'x' }, forged);
    host.push({ [FILE]: `${manifest('1.0.0')}# x\n` }, forged);
    await deliver('1.0.2');
    expect(await tag()).toBe('1.0.0');
  });
});

describe('a rollback behind a page of the history of its file', () => {
  /** So many commits of a person in the file. */
  const edit = (host: MemoryGitHost, count: number, stands = '1.0.0') => {
    for (let at = 0; at < count; at += 1) {
      host.push({ [FILE]: `${manifest(stands)}# ${host.commits.length} ${at}\n` });
    }
  };
  async function rolledBack() {
    const stage = await updatedBranch();
    stage.host.push({ [FILE]: manifest('1.0.0') });
    edit(stage.host, 120);
    return stage;
  }
  const NOTE = {
    ...{ image: IMAGE, tag: '1.0.2', file: FILE, object: 'deployment/default/hello', container: 'hello' },
    ...{ set: '2026-11-23T00:02:00.000Z', since: '2026-11-23T00:03:00.000Z' },
  };

  test('is written down, once, and its commit says why', async () => {
    const { host, tag, list, deliver, handler, lines } = await rolledBack();
    const set = host.commits.length;
    await deliver('1.0.2', handler);
    await deliver('1.0.1', handler);
    await deliver('1.0.2');
    expect(await tag()).toBe('1.0.0');
    expect(host.commits).toHaveLength(set + 1);
    const commit = (await list()).rolledBack[0]?.commit ?? '';
    expect(await list()).toEqual({ blocked: [], allowed: [], rolledBack: [{ ...NOTE, commit }] });
    expect(host.commits.at(-1)?.message).toBe(
      `Write down the rollback of ${IMAGE}:1.0.2

deployment/default/hello container hello (web.yml): ${IMAGE}:1.0.2, set by commit ${commit.slice(0, 12)}, moved away from 2026-11-23T00:03:00.000Z; its history is about to be too long to tell of it

Sluice-Rollback: noted web.yml deployment/default/hello hello ${IMAGE} 1.0.2
`,
    );
    expect(lines.filter(({ message }) => message === 'rollbacks written down')).toMatchObject([
      { branch: 'main', noted: [`${IMAGE}:1.0.2 ["web.yml","deployment/default/hello","hello"]`], over: [] },
    ]);
  });

  test('holds when its history is too long to tell of it, for older versions too, and lets newer ones in', async () => {
    const { host, tag, list, deliver, reasons } = await rolledBack();
    await deliver('1.0.2');
    edit(host, 1100);
    await deliver('1.0.2');
    await deliver('1.0.1');
    expect(await tag()).toBe('1.0.0');
    const by = (await list()).rolledBack[0]?.commit.slice(0, 12);
    const moved = `a person moved this place away from 1.0.2, which commit ${by} had set; `;
    expect(reasons().slice(-2)).toEqual([
      `${moved}it comes back only by \`sluice allow ${IMAGE}:1.0.2\``,
      `${moved}1.0.1, which is not newer, comes back only by \`sluice allow ${IMAGE}:1.0.2\``,
    ]);
    await deliver('1.0.3');
    expect(await tag()).toBe('1.0.3');
    expect((await list()).rolledBack).toEqual([]);
    expect(host.commits.at(-1)?.message).toContain(`Take out the rollback of ${IMAGE}:1.0.2\n`);
  });

  test('is over where a person set the place to that version, and goes back to a later one that was moved', async () => {
    const { host, tag, list, deliver } = await rolledBack();
    await deliver('1.0.2');
    edit(host, 1100, '1.0.2');
    await deliver('1.0.3');
    expect(await tag()).toBe('1.0.3');
    host.push({ [FILE]: manifest('1.0.0') });
    await deliver('1.0.3');
    expect(await tag()).toBe('1.0.0');
    edit(host, 120);
    await deliver('1.0.3');
    expect((await list()).rolledBack).toMatchObject([{ tag: '1.0.3' }]);
  });

  test('stands before what was written down of an older one', async () => {
    const { host, tag, deliver } = await rolledBack();
    await deliver('1.0.2');
    const noted = host.commits.at(-1)?.edits[0]?.text ?? '';
    await deliver('1.0.3');
    host.push({ [FILE]: manifest('1.0.0'), [LIST]: noted }, 'Revert all of it\n');
    await deliver('1.0.3');
    expect(await tag()).toBe('1.0.0');
  });

  test.each([
    { name: 'of a year that has five digits', at: Date.UTC(10_000, 0, 1) },
    { name: 'of a time that no calendar has', at: 9_000_000_000_000_000 },
  ])('by a commit $name holds, and is not written down: nobody could read it', async ({ at }) => {
    const { host, tag, deliver, list } = await updatedBranch();
    host.push({ [FILE]: manifest('1.0.0') }, 'Back', at);
    edit(host, 120);
    await deliver('1.0.2');
    expect([await tag(), await list()]).toEqual(['1.0.0', { blocked: [], allowed: [], rolledBack: [] }]);
    await deliver('1.0.3');
    expect(await tag()).toBe('1.0.3');
  });

  test('of what a message gives a digest that there is not is written down by its tag', async () => {
    const { host, tag, deliver, list } = await updatedBranch();
    host.push({ [LIST]: '# precious\n' });
    host.push(
      { [FILE]: manifest('1.0.3') },
      `Set\n\nSluice-Site: ${FILE} deployment/default/hello hello ${IMAGE} 1.0.3@sha256:ab\n`,
    );
    host.push({ [FILE]: manifest('1.0.0') });
    edit(host, 120);
    await deliver('1.0.3');
    expect([await tag(), (await list()).rolledBack]).toMatchObject(['1.0.0', [{ tag: '1.0.3' }]]);
    expect((await host.files(await host.head('main'), [LIST]))[0]?.text).toMatch(/^# precious\n/);
  });

  test('stops no update where it cannot be written down', async () => {
    const { host, tag, deliver, lines } = await rolledBack();
    host.push({ [LIST]: `#${'x'.repeat(MAX_LENGTH / 2)}\n` });
    await deliver('1.0.2');
    expect(await tag()).toBe('1.0.0');
    await deliver('1.0.3');
    expect(await tag()).toBe('1.0.3');
    const told = lines.find(({ message }) => message === 'rollbacks not written down');
    expect(JSON.stringify(told?.['error'])).toMatch(
      /\.sluice\/blocked\.yml: expected at most 131072 characters with what is written down, found 13\d{4}\. Take out what is not needed any more\./,
    );
  });
});

test.each([
  { what: 'in a commit of another file', files: { 'docs.md': 'x' } },
  { what: 'in a commit of the file that sets nothing', files: { [FILE]: `${manifest('1.0.2')}# x\n` } },
])('a message that says that Sluice set a version freezes nothing, $what', async ({ files }) => {
  const { host, tag, deliver } = await updatedBranch();
  host.push(files, `Docs\n\nSluice-Site: ${FILE} deployment/default/hello hello ${IMAGE} 1.99.0\n`);
  await deliver('1.0.3');
  expect(await tag()).toBe('1.0.3');
});

describe('a version that left the registry after a person had moved the place away from it', () => {
  const byAge = (tag: string) => deployment(`${IMAGE}:${tag}`, 'glob:*');
  const built = { one: '2026-11-01T00:00:00.000Z', two: '2026-11-02T00:00:00.000Z' };
  // Sluice sets two on the 23rd, a minute past midnight.
  const others = { between: '2026-11-22T00:00:00.000Z', since: '2026-11-24T00:00:00.000Z' };

  test.each([
    { to: 'since', stands: 'since', what: 'lets in what was built since it was set' },
    { to: 'between', stands: 'one', what: 'keeps out what may be older' },
  ] as const)('$what', async ({ to, stands }) => {
    const host = memoryGitHost({ [FILE]: byAge('one') });
    const tags: Record<string, string> = { ...built };
    const { log } = recordingLog();
    const handler = createHandler({
      ...{ repositories: [watched(host)], registry: () => memoryRegistry(tags), deadLetters: recordingSender() },
      ...{ maxReceives: 5, log, now: () => Date.parse('2026-11-25T00:00:00Z'), rateLimit: async () => {} },
    });
    const deliver = async (from: string, tag: string) => {
      const revision = await host.head('main');
      const update = imageUpdate({
        ...{ url: 'https://git.example.com/hello.git', image: IMAGE, file: FILE, from, to: tag, revision },
      });
      const messages = [[{ ...update, policy: 'glob:*', to: { tag, created: tags[tag] } }]];
      expect(await handler(updatesEvent(messages), contextOf('commit-image'))).toEqual({ batchItemFailures: [] });
    };
    await deliver('one', 'two');
    host.push({ [FILE]: byAge('one') });
    delete tags['two'];
    Object.assign(tags, others);
    await deliver('one', to);
    const [file] = await host.files(await host.head('main'), [FILE]);
    expect(file?.text).toContain(`${IMAGE}:${stands}\n`);
  });
});
