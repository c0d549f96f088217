import { describe, expect, test } from 'vitest';
import { movedAwayIn } from '../../../shared/history/moved-away.ts';
import type { StandingSite } from '../../../shared/history/place.ts';
import { rolledBack } from '../../../shared/history/rollback.ts';
import { siteTrailer } from '../../../shared/history/trailers.ts';

const IMAGE = 'registry.example.com/hello';
const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;
const OTHER = { file: 'deploy.yml', object: 'deployment/default/other', container: 'other' };
const SITE = { file: 'deploy.yml', object: 'deployment/default/hello', container: 'hello' };

interface Commit {
  readonly message: string;
  /** What the place says afterwards; what it said before, where the commit left it alone. */
  readonly sets?: string;
}

const person = (message = 'Somebody else\n', sets?: string): Commit => ({
  message,
  ...(sets === undefined ? {} : { sets }),
});
/** A person sets the place to a version. */
const moved = (version: string) => person('Somebody else\n', `${IMAGE}:${version}`);
const words = (tag: string, digest?: string, site = SITE, image = IMAGE) =>
  `${image}: to ${tag}\n\nwhat and where\n\n${siteTrailer(site, image, { tag, digest })}\n`;
const sluice = (tag: string, digest?: string, site = SITE, image = IMAGE): Commit => ({
  message: words(tag, digest, site, image),
  ...(site.file === SITE.file ? { sets: `${image}:${tag}${digest === undefined ? '' : `@${digest}`}` } : {}),
});

interface Row {
  readonly what: string;
  /** What stands there now. */
  readonly now: string;
  /** Newest first. */
  readonly history: readonly Commit[];
  readonly site?: Partial<StandingSite>;
  /** What pull requests of ours set, and which commit of the history was their merge. */
  readonly merged?: readonly { readonly tag: string; readonly digest?: string; readonly at: number }[];
  /** What waited on a push branch, since the time of which commit. */
  readonly proposed?: readonly { readonly tag: string; readonly digest?: string; readonly at: number }[];
}

interface Gives {
  readonly tag: string;
  readonly digest?: string;
  /** Which commit of the history set it. */
  readonly at: number;
}

const look = async ({ now, history, site, merged = [], proposed = [] }: Row) => {
  // The first commit changed the file to what stands there now.
  const sets = history.map((commit, index) => (index === 0 ? now : commit.sets));
  const imageAt = async (revision: string) => sets.slice(Number(revision.slice(1))).find((one) => one !== undefined);
  const timeOf = (index: number) => (history.length - index) * 600_000;
  async function* commits() {
    for (const [index, { message }] of history.entries()) {
      const parents = index === history.length - 1 ? [] : [`r${index + 1}`];
      yield { revision: `r${index}`, message, parents, committedAt: timeOf(index), depth: index + 1 };
    }
  }
  const versions = merged.map(({ at, ...version }) => ({ ...version, mergedAt: timeOf(at) + 2000 }));
  const waiting = proposed.map(({ at, ...version }) => ({ ...version, proposedAt: timeOf(at) }));
  const past = { commits: commits(), imageAt, merged: versions, proposed: waiting };
  const version = await rolledBack({ ...SITE, image: now, ...site }, past);
  return { version, movedIn: async () => version && movedAwayIn(IMAGE, version, imageAt) };
};
const found = async (row: Row) => (await look(row)).version;

describe('a rollback is', () => {
  test.each<Row & { readonly gives: Gives }>([
    {
      what: 'an older tag than Sluice set last',
      now: `${IMAGE}:1`,
      history: [person(), sluice('2'), sluice('1')],
      gives: { tag: '2', at: 1 },
    },
    {
      what: "a git revert of Sluice's commit",
      now: `${IMAGE}:1`,
      history: [person(`Revert "to 2"\n\nThis reverts commit r1.\n\n${sluice('2').message}`), sluice('2')],
      gives: { tag: '2', at: 1 },
    },
    {
      what: 'the second one, where Sluice had gone on in between',
      now: `${IMAGE}:1`,
      history: [person(), sluice('3'), person(), sluice('2')],
      gives: { tag: '3', at: 1 },
    },
    {
      what: 'another digest of the same tag',
      now: `${IMAGE}:main@${A}`,
      history: [person(), sluice('main', B), sluice('main', A)],
      gives: { tag: 'main', digest: B, at: 1 },
    },
    {
      what: 'an older pin',
      now: `${IMAGE}:1@${A}`,
      history: [person(), sluice('2', B), sluice('1', A)],
      gives: { tag: '2', digest: B, at: 1 },
    },
    { what: 'the tag taken away', now: IMAGE, history: [person(), sluice('2')], gives: { tag: '2', at: 1 } },
    {
      what: 'an older one than the last of several that were squashed',
      now: `${IMAGE}:2`,
      history: [person(), person(`Update (#1)\n\n* ${words('2')}\n* ${words('3')}`, `${IMAGE}:3`)],
      gives: { tag: '3', at: 1 },
    },
    {
      what: 'an older one than a cherry-pick set',
      now: `${IMAGE}:1`,
      history: [person(), person(`${words('2')}(cherry picked from commit 1)\n`, `${IMAGE}:2`)],
      gives: { tag: '2', at: 1 },
    },
    {
      what: 'that of the other container of its object',
      now: `${IMAGE}:1`,
      site: { container: 'worker' },
      history: [person(), sluice('2', undefined, { ...SITE, container: 'worker' }), sluice('1')],
      gives: { tag: '2', at: 1 },
    },
    {
      what: 'found by the short name that the manifest writes',
      now: 'nginx:1',
      history: [person(), { ...sluice('2', undefined, SITE, 'docker.io/library/nginx'), sets: 'nginx:2' }],
      gives: { tag: '2', at: 1 },
    },
    {
      what: 'what a squashed pull request with only a title had set',
      now: `${IMAGE}:1`,
      history: [person(), person(`${IMAGE}: 1 → 2 (#7)`, `${IMAGE}:2`), moved('1')],
      gives: { tag: '2', at: 1 },
    },
    {
      what: 'what a squashed pull request of several images had set',
      now: `${IMAGE}:1`,
      history: [person(), person(`Update registry.example.com/api, ${IMAGE} (#7)`, `${IMAGE}:2`), moved('1')],
      gives: { tag: '2', at: 1 },
    },
    {
      what: 'what a pull request of ours had set that was squashed with words of a person',
      now: `${IMAGE}:1`,
      history: [person(), person('Ship it\n', `${IMAGE}:2`), moved('1')],
      merged: [{ tag: '2', digest: A, at: 1 }],
      gives: { tag: '2', digest: A, at: 1 },
    },
    {
      what: 'what waited on a push branch and was squashed with words of a person',
      now: `${IMAGE}:1`,
      history: [person(), person('Ship it\n', `${IMAGE}:2`), moved('1')],
      proposed: [{ tag: '2', digest: A, at: 2 }],
      gives: { tag: '2', digest: A, at: 1 },
    },
    {
      what: 'what goes back to what had been squashed from a push branch before',
      now: `${IMAGE}:2`,
      history: [person(), person('Ship 3\n', `${IMAGE}:3`), person(), person('Ship 2\n', `${IMAGE}:2`), moved('1')],
      proposed: [
        { tag: '3', at: 2 },
        { tag: '2', at: 4 },
      ],
      gives: { tag: '3', at: 1 },
    },
    {
      what: 'one that somebody else moved on from, short of it',
      now: `${IMAGE}:1.1`,
      history: [person(), moved('1'), sluice('2')],
      gives: { tag: '2', at: 2 },
    },
    {
      what: 'one behind more commits of the file than a page has',
      now: `${IMAGE}:1`,
      history: [person(), ...Array.from({ length: 150 }, () => sluice('7', undefined, OTHER)), sluice('2')],
      gives: { tag: '2', at: 151 },
    },
    {
      what: 'one that a forged message says was taken back by Sluice',
      now: `${IMAGE}:1`,
      history: [person(words('1')), person(), sluice('2')].with(1, moved('1')),
      gives: { tag: '2', at: 2 },
    },
    {
      what: 'not what a forged message says was set, in a commit that set something else',
      now: `${IMAGE}:2`,
      history: [person(), person(words('9'), `${IMAGE}:2`), sluice('1')],
      gives: { tag: '1', at: 2 },
    },
    {
      what: 'not what a forged title says was set, in a commit that set nothing',
      now: `${IMAGE}:1`,
      history: [person(`${IMAGE}: 0 → 1`), person(`${IMAGE}: 0 → 1`), sluice('2')].with(1, moved('1')),
      gives: { tag: '2', at: 2 },
    },
    {
      what: 'one that a message forged in the same commit says was taken back by Sluice to another tag',
      now: `${IMAGE}:1`,
      history: [person(words('9')), sluice('2')],
      gives: { tag: '2', at: 1 },
    },
  ])('$what', async ({ gives, ...row }) => {
    const { at, ...version } = gives;
    const { newer: _, setAt: __, isFar: ___, ...past } = (await found(row)) ?? {};
    expect(past).toEqual({ ...version, revision: `r${at}` });
  });

  const many = (count: number, commit: Commit) => Array.from({ length: count }, () => commit);
  test.each([
    { what: 'the hundredth commit', history: [...many(99, person()), sluice('2')], isFar: false },
    { what: 'a commit behind that', history: [...many(100, person()), sluice('2')], isFar: true },
    {
      what: 'what was squashed from a push branch, which may be gone tomorrow',
      history: [person(), person('Ship it\n', `${IMAGE}:2`), moved('1')],
      proposed: [{ tag: '2', at: 2 }],
      isFar: true,
    },
    {
      what: 'a commit behind half of those that may say falsely that Sluice made them',
      history: [...many(10, person(words('9'))), sluice('2')],
      isFar: true,
    },
  ])('far, where it is to be written down, or not: by $what', async ({ what, history, isFar, proposed = [] }) => {
    expect(await found({ what, now: `${IMAGE}:1`, history, proposed })).toMatchObject({ tag: '2', isFar });
  });

  test.each([
    {
      what: 'the commit that moved the place away',
      history: [person(), person(), moved('1'), person(), sluice('2')],
      at: 3,
    },
    { what: 'the newest of all, where that is it', history: [person(), sluice('2')], at: 2 },
    { what: 'the last time of two', history: [person(), moved('2'), moved('1'), sluice('2')], at: 4 },
    {
      what: 'the one, behind more commits than are looked at one by one',
      history: [...Array.from({ length: 150 }, () => person()), moved('1'), person(), person(), sluice('2')],
      at: 4,
    },
  ])('of the time of $what', async ({ what, history, at }) => {
    const { version, movedIn } = await look({ what, now: `${IMAGE}:1`, history });
    expect(await movedIn()).toMatchObject({ revision: `r${history.length - at}`, committedAt: at * 600_000 });
    // It is remembered for a thousand places: no file and no message is held by it.
    expect(structuredClone(version)).toEqual(version);
    expect(JSON.stringify(version)).not.toMatch(/message|Somebody/);
  });
});

describe('no rollback is', () => {
  test.each<Row>([
    { what: 'a history without Sluice', now: `${IMAGE}:1`, history: [person(), person()] },
    { what: 'no history', now: `${IMAGE}:1`, history: [] },
    { what: 'what Sluice set last', now: `${IMAGE}:2`, history: [person(), sluice('2'), sluice('1')] },
    {
      what: 'what Sluice set again after a person had moved it',
      now: `${IMAGE}:2`,
      history: [sluice('2'), person(), sluice('2')],
    },
    { what: 'the same tag, unpinned', now: `${IMAGE}:2`, history: [sluice('2', A)] },
    { what: 'the same tag, pinned by a person', now: `${IMAGE}:2@${A}`, history: [person(), sluice('2')] },
    { what: 'the same content by another tag', now: `${IMAGE}:stable@${A}`, history: [person(), sluice('2', A)] },
    { what: 'the same content by its digest alone', now: `${IMAGE}@${A}`, history: [person(), sluice('2', A)] },
    { what: 'another image', now: 'registry.example.com/other:1', history: [person(), sluice('2')] },
    { what: 'another file', now: `${IMAGE}:1`, site: { file: 'moved.yml' }, history: [person(), sluice('2')] },
    { what: 'another container', now: `${IMAGE}:1`, site: { container: 'worker' }, history: [sluice('2')] },
    {
      what: 'another object with the same image in that file',
      now: `${IMAGE}:1`,
      site: { object: 'deployment/default/other' },
      history: [person(), sluice('2')],
    },
    {
      what: 'the last of several that git squashed, newest first',
      now: `${IMAGE}:3`,
      history: [person(`Squashed commit of the following:\n\n${words('3')}\n${words('2')}`)],
    },
    {
      what: 'what a forged message says was set',
      now: `${IMAGE}:1`,
      history: [person(words('9')), sluice('1')],
    },
    {
      what: 'what a person set at about the time that a pull request with another version was merged',
      now: `${IMAGE}:1`,
      history: [person(), moved('3'), moved('1')],
      merged: [{ tag: '2', at: 1 }],
    },
    {
      what: 'what a person set at another time than a pull request with that version was merged',
      now: `${IMAGE}:1`,
      history: [person(), moved('2'), moved('1'), person()],
      merged: [{ tag: '2', at: 3 }],
    },
    {
      what: 'what a person set before that version waited on a push branch, or other than what waited',
      now: `${IMAGE}:1`,
      history: [person(), moved('2'), moved('3'), moved('1'), person()],
      proposed: [{ tag: '2', at: 0 }],
    },
    {
      what: 'what persons tried by themselves',
      now: `${IMAGE}:1`,
      history: [person(), moved('2'), moved('1')],
    },
    {
      what: 'what a place began with, whatever the title',
      now: `${IMAGE}:1`,
      history: [person(), person(`${IMAGE}: new`, `${IMAGE}:2`)],
    },
    {
      what: 'a list of versions that went up by squashed pull requests with only a title',
      now: `${IMAGE}:2`,
      history: [person(), sluice('2')],
    },
  ])('$what', async (row) => {
    expect(await found(row)).toBeUndefined();
  });
});
