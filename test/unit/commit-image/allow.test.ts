import { describe, expect, test } from 'vitest';
import { withAllowed } from '../../../shared/block-list/edit.ts';
import { FILE, IMAGE, LIST, manifest, updatedBranch } from './updated-branch.ts';

/** Both in milliseconds since the epoch, by a clock that is right. */
const [ROLLED_BACK, ALLOWED] = [Date.parse('2026-11-23T12:00:00Z'), Date.parse('2026-11-23T13:00:00Z')];
const HOUR = 3_600_000;

/** A branch that Sluice moved to 1.0.2, and where people do the rest by their clocks. */
async function branch() {
  const stage = await updatedBranch();
  const { host, deliver, tag } = stage;
  return {
    ...stage,
    rollBack: (at?: number) => void host.push({ [FILE]: manifest('1.0.0') }, 'Back\n', at),
    /** As the command writes it. */
    allow: async (at: number, committedAt?: number) => {
      const [list] = await host.files(await host.head('main'), [LIST]);
      const entry = { image: IMAGE, tag: '1.0.2', since: new Date(at).toISOString() };
      host.push({ [LIST]: withAllowed(list?.text, entry) }, 'Allow\n', committedAt);
    },
    /** What stands there once 1.0.2 was pushed again. */
    afterPush: async () => {
      await deliver('1.0.2');
      return tag();
    },
  };
}

const CLOCKS = [
  { clock: 'all clocks are right', rollback: ROLLED_BACK, since: ALLOWED, commit: ALLOWED },
  { clock: "the rollback's clock is ahead", rollback: ROLLED_BACK + 24 * HOUR, since: ALLOWED, commit: ALLOWED },
  { clock: "the rollback's clock is behind", rollback: ROLLED_BACK - 24 * HOUR, since: ALLOWED, commit: ALLOWED },
  { clock: "the command's clock is ahead", rollback: ROLLED_BACK, since: ALLOWED + 24 * HOUR, commit: ALLOWED },
  { clock: "the command's clock is behind", rollback: ROLLED_BACK, since: ALLOWED - 24 * HOUR, commit: ALLOWED },
  {
    clock: "the clock of the allow's host is behind",
    rollback: ROLLED_BACK,
    since: ALLOWED,
    commit: ALLOWED - HOUR * 24,
  },
];

describe('an allow takes back a rollback that came before it in history, and no later one', () => {
  test.each(CLOCKS)('where $clock', async ({ rollback, since, commit }) => {
    const before = await branch();
    before.rollBack(rollback);
    await before.allow(since, commit);
    expect(await before.afterPush()).toBe('1.0.2');

    const after = await branch();
    await after.allow(since - 2 * HOUR, commit - 2 * HOUR);
    after.rollBack(rollback);
    expect(await after.afterPush()).toBe('1.0.0');
  });

  test('once for each of several rollbacks', async () => {
    const { rollBack, allow, afterPush } = await branch();
    for (let round = 0; round < 3; round += 1) {
      rollBack();
      expect(await afterPush()).toBe('1.0.0');
      await allow(ALLOWED + round);
      expect(await afterPush()).toBe('1.0.2');
    }
    rollBack();
    expect(await afterPush()).toBe('1.0.0');
  });

  test('for an older version too, which comes back by the newer one that was allowed', async () => {
    const { rollBack, allow, deliver, tag } = await branch();
    rollBack(ROLLED_BACK + 24 * HOUR);
    await allow(ALLOWED);
    await deliver('1.0.1');
    expect(await tag()).toBe('1.0.1');
  });

  test.each([
    { of: 'an instant', since: ', since: 2026-11-30T00:00:00Z' },
    { of: 'no time', since: '' },
  ])('not where it came with it in one commit, which people may have squashed: one of $of', async ({ since }) => {
    const { host, afterPush } = await branch();
    const list = `allowed:\n  - { image: ${IMAGE}, tag: 1.0.2${since} }\n`;
    host.push({ [FILE]: manifest('1.0.0'), [LIST]: list });
    expect(await afterPush()).toBe('1.0.0');
  });
});

describe('an allow that stood in the list when a place was set back', () => {
  const timeless = `allowed:\n  - image: ${IMAGE}\n    tag: 1.0.2\n`;
  const dated = `${timeless}    since: 2026-11-23T00:02:30Z\n`;

  test.each([
    { of: 'without a time', old: timeless },
    { of: 'of a day', old: `${timeless}    since: 2026-11-23\n` },
    { of: 'of an instant', old: dated },
  ])('$of says nothing of it, whatever is written beside it later', async ({ old }) => {
    const { host, rollBack, afterPush } = await branch();
    host.push({ [LIST]: old });
    rollBack();
    host.push({ [LIST]: `${old}blocked: [` });
    host.push({ [LIST]: `${old}blocked:\n  - image: other\n` });
    expect(await afterPush()).toBe('1.0.0');
  });

  test.each([
    { how: 'as PyYAML writes it', since: '2026-11-23 00:02:30+00:00' },
    { how: 'in the zone of somebody', since: '2026-11-23T02:02:30.000+02:00' },
    { how: 'in quotes', since: '"2026-11-23T00:02:30Z"' },
  ])('of an instant says nothing of it where its time is written anew later: $how', async ({ since }) => {
    const { host, rollBack, afterPush } = await branch();
    host.push({ [LIST]: dated });
    rollBack();
    host.push({ [LIST]: `blocked:\n  - image: other\n${timeless}    since: ${since}\n` });
    expect(await afterPush()).toBe('1.0.0');
  });

  test('without a time counts again when somebody takes it out and puts it back', async () => {
    const { host, rollBack, afterPush } = await branch();
    host.push({ [LIST]: timeless });
    rollBack();
    host.push({ [LIST]: '' });
    host.push({ [LIST]: timeless });
    expect(await afterPush()).toBe('1.0.2');
  });

  test('of an instant does not, where the whole file was lost and brought back', async () => {
    const { host, rollBack, afterPush } = await branch();
    host.push({ [LIST]: dated });
    rollBack();
    host.push({ [LIST]: '' });
    host.push({ [LIST]: dated });
    expect(await afterPush()).toBe('1.0.0');
  });

  test('says nothing of it behind more versions of the list than are looked at; one since then does', async () => {
    const { host, rollBack, afterPush, allow } = await branch();
    host.push({ [LIST]: dated });
    rollBack();
    for (let count = 0; count < 30; count += 1) {
      host.push({ [LIST]: `${dated}# ${count}\n` });
    }
    expect(await afterPush()).toBe('1.0.0');
    await allow(ALLOWED);
    const [file] = await host.files(await host.head('main'), [LIST]);
    for (let count = 0; count < 30; count += 1) {
      host.push({ [LIST]: `${file?.text}# ${count}\n` });
    }
    expect(await afterPush()).toBe('1.0.2');
  });
});

describe('a rollback that was written down, and of which history does not tell any more,', () => {
  /** So many commits of a person in the file. */
  const edit = (host: Awaited<ReturnType<typeof branch>>['host'], count: number) => {
    for (let at = 0; at < count; at += 1) {
      host.push({ [FILE]: `${manifest('1.0.0')}# ${host.commits.length} ${at}\n` });
    }
  };
  const written = async (before: string | undefined, clock?: number) => {
    const stage = await branch();
    if (before !== undefined) {
      stage.host.push({ [LIST]: before });
    }
    stage.rollBack(clock);
    edit(stage.host, 120);
    expect(await stage.afterPush()).toBe('1.0.0');
    expect((await stage.list()).rolledBack).toMatchObject([{ tag: '1.0.2' }]);
    edit(stage.host, 1100);
    return stage;
  };
  const byHand = (since: string) => `allowed:\n  - { image: ${IMAGE}, tag: 1.0.2, since: ${since} }\n`;

  test.each([
    {
      how: 'by the command',
      allow: (text: string) => withAllowed(text, { image: IMAGE, tag: '1.0.2', since: '2020-01-01' }),
    },
    { how: 'by hand', allow: (text: string) => `${text}${byHand('2026-11-23T23:00:00Z')}` },
    {
      how: 'by hand, with a clock that is behind',
      allow: (text: string) => `${text}${byHand('2020-01-01T00:00:00Z')}`,
    },
  ])('is free again once it is allowed $how', async ({ allow }) => {
    const { host, list, afterPush } = await written(undefined);
    const [file] = await host.files(await host.head('main'), [LIST]);
    host.push({ [LIST]: allow(file?.text ?? '') });
    expect(await afterPush()).toBe('1.0.2');
    expect((await list()).rolledBack).toEqual([]);
  });

  test.each([
    { what: 'all clocks are right', clock: ROLLED_BACK },
    { what: "the rollback's clock is behind", clock: ROLLED_BACK - 24 * HOUR },
  ])('stays where it was allowed before it: $what', async ({ clock }) => {
    const { host, afterPush } = await written(byHand('2026-11-23T00:30:00Z'), clock);
    expect(await afterPush()).toBe('1.0.0');
    const [file] = await host.files(await host.head('main'), [LIST]);
    host.push({ [LIST]: `# edited\n${file?.text}` });
    expect(await afterPush()).toBe('1.0.0');
  });
});
