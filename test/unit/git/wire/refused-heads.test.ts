import { expect, test } from 'vitest';
import { type ErrorCode, isSluiceError, SluiceError } from '../../../../shared/errors.ts';
import { RefusedHeads } from '../../../../shared/git/wire/refused-heads.ts';

interface Look {
  readonly branch?: string;
  /** Where the branch stands. */
  readonly head: string;
  /** What a fetch of it ends with; undefined where it comes. */
  readonly fails?: ErrorCode;
}

/** What each look ends with, and the heads that were fetched. */
async function look(looks: readonly Look[]) {
  const refused = new RefusedHeads();
  const fetched: string[] = [];
  const outcomes: string[] = [];
  for (const { branch = 'main', head, fails } of looks) {
    const fetching = refused.guard(branch, async (check) => {
      check(head);
      fetched.push(head);
      if (fails !== undefined) {
        throw new SluiceError({ code: fails, subject: 'repository', found: head });
      }
      return head;
    });
    outcomes.push(await fetching.catch((error: unknown) => (isSluiceError(error) ? error.message : String(error))));
  }
  return { outcomes, fetched };
}

test.each<{ name: string; looks: readonly Look[]; outcomes: readonly string[]; fetched: readonly string[] }>([
  {
    name: 'a head that holds too much is fetched once, and refused by the same words after that',
    looks: [{ head: 'large', fails: 'git-too-large' }, { head: 'large' }, { head: 'large' }],
    outcomes: ['repository: large', 'repository: large', 'repository: large'],
    fetched: ['large'],
  },
  {
    name: 'a branch that moved is fetched, also where it moves back',
    looks: [{ head: 'large', fails: 'git-too-large' }, { head: 'small' }, { head: 'large' }],
    outcomes: ['repository: large', 'small', 'large'],
    fetched: ['large', 'small', 'large'],
  },
  {
    name: 'another branch at the same head is looked at by itself',
    looks: [
      { head: 'large', fails: 'git-too-large' },
      { branch: 'other', head: 'large' },
    ],
    outcomes: ['repository: large', 'large'],
    fetched: ['large', 'large'],
  },
  {
    name: 'what failed of something else is fetched again',
    looks: [{ head: 'a', fails: 'git-unavailable' }, { head: 'a' }],
    outcomes: ['repository: a', 'a'],
    fetched: ['a', 'a'],
  },
])('$name', async ({ looks, outcomes, fetched }) => {
  expect(await look(looks)).toEqual({ outcomes, fetched });
});
