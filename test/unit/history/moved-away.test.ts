import { expect, test } from 'vitest';
import { movedAwayIn } from '../../../shared/history/moved-away.ts';

const IMAGE = 'registry.example.com/hello';

interface Row {
  readonly what: string;
  /** The commits that changed the file since `set`, the newest first: name, the version there, and its parents. */
  readonly newer: readonly (readonly [revision: string, version: string, ...parents: readonly string[]])[];
  readonly gives: string;
}

// Sluice moved the place from 1 to 2 in the commit `set`; before it, it stood on 1.
test.each<Row>([
  {
    what: 'one line',
    newer: [
      ['edit', '1', 'back'],
      ['back', '1', 'set'],
    ],
    gives: 'back',
  },
  {
    what: 'a line merged later on which it stood still, changed after the rollback',
    newer: [
      ['merge', '1', 'back', 'side'],
      ['side', '2', 'set'],
      ['back', '1', 'set'],
    ],
    gives: 'back',
  },
  {
    what: 'a line merged later that had left before it was set, changed between that and the rollback',
    newer: [
      ['merge', '1', 'back', 'side'],
      ['back', '1', 'set'],
      ['side', '1', 'before'],
    ],
    gives: 'back',
  },
  {
    what: 'a line merged later that had left before it was set, and commits of both since',
    newer: [
      ['edit', '1', 'merge'],
      ['merge', '1', 'back', 'side'],
      ['side', '1', 'before'],
      ['back', '1', 'kept'],
      ['kept', '2', 'set'],
    ],
    gives: 'back',
  },
  {
    what: 'two lines on which it stood, and a merge that has it no more',
    newer: [
      ['merge', '1', 'one', 'two'],
      ['two', '2', 'set'],
      ['one', '2', 'set'],
    ],
    gives: 'merge',
  },
  {
    what: 'two lines that both moved it away, of which the later one counts',
    newer: [
      ['merge', '1', 'back', 'side'],
      ['back', '1', 'kept'],
      ['kept', '2', 'set'],
      ['side', '1', 'set'],
    ],
    gives: 'back',
  },
])('a place was moved away in the commit that did it: of $what', async ({ newer, gives }) => {
  const versions = new Map([
    ['set', '2'],
    ['before', '1'],
    ...newer.map(([revision, version]) => [revision, version] as const),
  ]);
  const commits = newer.map(([revision, , ...parents], index) => ({
    revision,
    parents,
    committedAt: (newer.length - index) * 60_000,
  }));
  const past = { tag: '2', revision: 'set', setAt: 0, newer: commits, isFar: false };
  const moved = await movedAwayIn(IMAGE, past, async (revision) => `${IMAGE}:${versions.get(revision)}`);
  expect(moved?.revision).toBe(gives);
});
