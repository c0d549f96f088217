import { describe, expect, test } from 'vitest';
import { rolledBack, type StandingSite } from '../../../shared/history/rollback.ts';
import { siteTrailer } from '../../../shared/history/trailers.ts';

const IMAGE = 'registry.example.com/hello';
const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;
const SITE = { file: 'deploy.yml', object: 'deployment/default/hello', container: 'hello' };

const person = (message = 'Somebody else\n') => ({ message });
const sluice = (tag: string, digest?: string, site = SITE, image = IMAGE) => ({
  message: `${image}: to ${tag}\n\nwhat and where\n\n${siteTrailer(site, image, { tag, digest })}\n`,
});

interface Row {
  readonly what: string;
  /** What stands there now. */
  readonly now: string;
  /** Newest first. */
  readonly history: readonly { readonly message: string }[];
  readonly site?: Partial<StandingSite>;
}

interface Gives {
  readonly tag: string;
  readonly digest?: string;
  /** Which commit of the history set it. */
  readonly at: number;
}

const found = ({ now, history, site }: Row) => {
  const commits = history.map(({ message }, index) => ({ revision: `r${index}`, message }));
  return rolledBack({ ...SITE, image: now, ...site }, commits);
};

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
      what: 'a revert within a squashed pull request',
      now: `${IMAGE}:1`,
      history: [person(`Update (#1)\n\n* ${sluice('2').message}\n* Revert "to 2"\n\nThis reverts commit 1.\n`)],
      gives: { tag: '2', at: 0 },
    },
    {
      what: 'an older one than the last of several that were squashed',
      now: `${IMAGE}:2`,
      history: [person(), person(`Update (#1)\n\n* ${sluice('2').message}\n* ${sluice('3').message}`)],
      gives: { tag: '3', at: 1 },
    },
    {
      what: 'an older one than a cherry-pick set',
      now: `${IMAGE}:1`,
      history: [person(), person(`${sluice('2').message}(cherry picked from commit 1)\n`)],
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
      history: [person(), sluice('2', undefined, SITE, 'docker.io/library/nginx')],
      gives: { tag: '2', at: 1 },
    },
  ])('$what', ({ gives, ...row }) => {
    const { at, ...version } = gives;
    expect(found(row)).toEqual({ ...version, revision: `r${at}` });
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
      history: [person(`Squashed commit of the following:\n\n${sluice('3').message}\n${sluice('2').message}`)],
    },
  ])('$what', (row) => {
    expect(found(row)).toBeUndefined();
  });
});
